"""Layers: fast LSTM, stack, soft window, heads. Import the modules, not the package."""
