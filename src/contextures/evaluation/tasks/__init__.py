"""How compatible a task is with a context."""
