"""The only room with sockets: SSH connections, host keys, HTTP through SSH, remote commands, local."""
