"""What is true: frozen values and pure functions; imports no other room, no I/O, no clock."""
