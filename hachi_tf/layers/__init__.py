"""Layers: fast LSTM, stacked recurrent network, heads. Import the modules, not the package."""
