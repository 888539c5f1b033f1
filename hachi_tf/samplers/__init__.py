"""Drawing events from a network: the noise, the loop inside the graph, the state between calls."""
