"""Letters: a long text in lines, every line written by a model, the lines laid on pages."""
