"""The commands; one module a family; exit codes in one place."""
