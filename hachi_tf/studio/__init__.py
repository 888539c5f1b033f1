"""The studio: a page to train, watch, write and play, and the routes that it asks."""
