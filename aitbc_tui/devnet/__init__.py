"""An AITBC network in a box: chain, coordinator, miners, Ollama, SSH hosts, and a way to break each."""
