"""Exports: signatures, SavedModels, and what loads them. Import the modules, not the package."""
