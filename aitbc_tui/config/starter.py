"""The commented file that `config init` writes: valid as it stands, two nodes, one coordinator."""

from __future__ import annotations

STARTER = """\
# Configuration of aitbc-tui. `aitbc-tui config schema` prints every key,
# `aitbc-tui config validate` checks this file, `aitbc-tui doctor` what it names.
# Relative paths are relative to this file; ~ is your home.

default_env = "prod"

[env.prod]
access = "observe"        # observe | submit | operate: what may be done from here
production = true         # what asks first is answered with its name: --yes prod
interval_s = 2.0          # seconds between two looks at heads and queue

# --- hosts: machines reached over SSH; ssh_config, agent and known_hosts are honoured
[env.prod.hosts.genesis]
address = "aitbc"         # a name for ssh_config, a host name, an IP address; "local" = no SSH
#port = 22
#user = "ops"
#identity = "~/.ssh/id_ed25519"
#known_hosts = "~/.ssh/known_hosts"
#sudo = false             # sudo -n for units and logs

[env.prod.hosts.follower]
address = "aitbc1"

[env.prod.hosts.gpu-1]
address = "gpu-1"
gpu = true                           # watch its GPUs
ollama = "http://127.0.0.1:11434"    # as that host sees it
#power_limit_w = [200, 350]          # within these its cards' limits may be changed from here; else their own
#kwh_price = 0.30                    # of that host's power, in AITBC: earnings are shown against it

# --- nodes: URLs and paths as their host sees them
[[env.prod.nodes]]
name = "genesis"
role = "genesis"          # genesis | follower | node
host = "genesis"
rpc = "http://127.0.0.1:8006"
chain_id = "ait-mainnet"
units = ["aitbc-blockchain-node", "aitbc-blockchain-rpc", "aitbc-blockchain-p2p"]
p2p_port = 7070
repo = "/opt/aitbc"
data = "/var/lib/aitbc/data/ait-mainnet"
env_files = ["/etc/aitbc/.env", "/etc/aitbc/blockchain.env"]

[[env.prod.nodes]]
name = "follower"
role = "follower"
host = "follower"
rpc = "http://127.0.0.1:8006"
chain_id = "ait-mainnet"
units = ["aitbc-blockchain-node", "aitbc-blockchain-rpc", "aitbc-blockchain-p2p"]

# --- coordinator: leave this table out where there is none
[env.prod.coordinator]
host = "genesis"
url = "http://127.0.0.1:18000"
#unit = "aitbc-coordinator-api"
# Never the key itself: a file of mode 0600 that holds it, or a command that prints it.
#client_file = "client.key"              # submit, own jobs, receipts
#admin_command = "pass show aitbc/admin" # list of all jobs, miners
#miner_file = "miner.key"

[env.prod.miners.gpu-1]
host = "gpu-1"
unit = "aitbc-host-gpu-miner"

# --- receipt keys you got from whoever runs the coordinator; without them no receipt is called valid
[trust]
#signing = ["<64 hex digits or 43 base64url characters>"]
#attestation = ["<the same>"]
#attestation_policy = "required"         # required | optional
"""
