"""The platform's recurring failures, one by one: the alarm that names each, where else it shows, and what proves it.

The numbers are those of the contract: the pains of its chapter on 2026-08, and the traps of its front page. The README
prints this table; a test walks it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """`rules` are alarms; `also`: what is done or shown besides. `unseen`: what cannot be told from outside, and why.

    `proof`: rows of the fault table as `fault@generation`, and tests as `file::name`.
    """

    number: int
    what: str
    rules: tuple[str, ...] = ()
    also: str = ""
    unseen: str = ""
    proof: tuple[str, ...] = ()


PAINS: tuple[Known, ...] = (
    Known(
        1,
        "a follower diverged for days while everything said healthy",
        ("fork", "height-ahead"),
        "hashes at every common height",
        proof=(
            "fork@2026-08",
            "fork@2026-04",
            "state/test_chain.py::test_a_fork_is_called_only_after_it_was_confirmed",
        ),
    ),
    Known(
        2,
        "a fork read as lag",
        ("fork", "lag"),
        "the last common block by halving, both hashes",
        proof=("fork@2026-08", "state/test_chain.py::test_lag_is_no_fork"),
    ),
    Known(
        3,
        "escrow stuck after a job that ended without a result",
        ("escrow-stuck",),
        unseen="payments of other clients: only the owner's credential reads them",
        proof=("escrow-stuck@2026-08", "escrow-stuck@2026-04"),
    ),
    Known(
        4,
        "settled on paper and not on chain",
        ("paid-unsettled",),
        unseen="whether the provider was paid another way: a release names no transaction that could be looked up",
        proof=("paid-unsettled@2026-08", "paid-unsettled@2026-04"),
    ),
    Known(
        5,
        "QUEUED for ever without a reason",
        ("job-waits",),
        "the constraint no miner meets, or what its amount calls for",
        unseen="constraints of other clients' jobs: the admin list has five fields",
        proof=(
            "job-waits@2026-08",
            "state/test_work.py::test_a_job_that_no_miner_can_take_says_which_constraint_it_is",
        ),
    ),
    Known(
        6,
        "stuck RUNNING, since expiry happens only when somebody looks",
        ("job-stuck", "job-overdue"),
        "computed from its own expiry; reading it is refused where that would write",
        proof=(
            "job-stuck@2026-08",
            "state/test_work.py::test_an_overdue_job_is_called_overdue_although_listed_as_running",
            "operations/test_permit.py::test_at_observe_an_overdue_job_is_not_read_singly",
        ),
    ),
    Known(
        7,
        '"miners online: 0" with working miners, dead ones shown alive',
        ("miner-gone", "miner-flapping"),
        "the age of the heartbeat by the coordinator's clock",
        proof=("miner-gone@2026-08", "state/test_work.py::test_a_miner_lives_by_its_heartbeat"),
    ),
    Known(
        8,
        "failures booked as completed and billed",
        ("job-fails-completed",),
        "result.status",
        proof=("job-fails-completed@2026-08", "job-fails-completed@2026-04"),
    ),
    Known(
        9,
        '"health: ok" whatever is dead',
        ("producer-dead", "importer-dead", "stall", "db-down"),
        "health is never a verdict: work done is",
        proof=("producer-dead@2026-08", "importer-dead@2026-08", "stall@2026-08", "db-down@2026-08"),
    ),
    Known(
        10,
        "a credential unset or wrong, and a misleading 401",
        ("refused", "token-expired"),
        "per credential what it opens; 401, 403 and a closed route in words",
        unseen="why a miner is refused: only its own log says (l); here it is a miner that is gone",
        proof=(
            "refused@2026-04",
            "collect/test_detect.py::test_a_forged_token_is_a_401_in_words",
            "collect/test_detect.py::test_a_token_of_another_role_is_a_403_in_words",
            "protocol/test_failures.py::test_403_is_no_wrong_key",
        ),
    ),
    Known(
        11,
        "blocks signed with another key than the proposer's",
        ("signer-mismatch",),
        "the signer is recovered from every block that is read",
        unseen="blocks before 2026-08 carry no signature",
        proof=("signer-mismatch@2026-08", "protocol/test_platform.py::test_the_signer_of_recorded_blocks"),
    ),
    Known(
        12,
        "a follower born into another genesis",
        ("genesis-mismatch", "late-join"),
        unseen="which proposers a node trusts: no answer lists them",
        proof=("genesis-mismatch@2026-08", "genesis-mismatch@2026-04", "late-join@2026-04"),
    ),
    Known(
        13,
        "database never migrated, damaged or gone",
        ("db-down",),
        "any read that fails while health is ok, at the coordinator and at a node's mempool",
        unseen="a damaged page that nothing reads",
        proof=("db-down@2026-08", "db-down@2026-04"),
    ),
    Known(
        14,
        "wrong URL or port: another service answers",
        ("wrong-service",),
        "/c is tried and told, no credential goes to a guess",
        proof=(
            "wrong-service@2026-08",
            "collect/test_detect.py::test_a_coordinator_behind_c_is_told_and_not_followed",
            "collect/test_detect.py::test_another_service_gets_no_credential_and_is_named",
        ),
    ),
    Known(
        15,
        "negative units and prices, naive times",
        ("clock-skew",),
        "remarks on a receipt; each clock's offset, in no age",
        proof=(
            "clock-skew@2026-08",
            "receipts/test_content.py::test_below_zero",
            "state/test_work.py::test_a_clock_that_is_off_does_not_enter_the_age",
        ),
    ),
    Known(
        16,
        "tokens minted by hand that run out after a day",
        ("token-expired",),
        "counted down on the status line, never sent once expired, read anew by itself",
        unseen="a token without exp, and one that was revoked: the server says 401 to all alike",
        proof=(
            "token-expired@2026-08",
            "faults/test_august.py::test_a_token_is_counted_down_and_never_sent_once_it_ran_out",
        ),
    ),
    Known(
        17,
        "GPU lost, Ollama down, proofs that never work",
        ("gpu-lost", "ollama-down", "job-fails-completed"),
        "zk_status and tee_status as unsigned claims on the receipt",
        unseen="a driver that fails inside a container only: it shows when a job fails",
        proof=(
            "gpu-lost@2026-04",
            "ollama-down@2026-04",
            "receipts/test_wrong_implementations.py::test_claims_are_shown_as_claims",
        ),
    ),
    Known(
        18,
        "chain stalls unnoticed, mempool not drained, transaction left at a follower",
        ("stall", "mempool-stuck", "mempool-flood", "tx-stuck", "tx-vanished"),
        proof=(
            "stall@2026-08",
            "tx-stuck@2026-08",
            "mempool-flood@2026-08",
            "tx-vanished@2026-04",
            "faults/test_august.py::test_an_idle_chain_is_no_stall",
        ),
    ),
    Known(
        19,
        "memory limits, a blocked event loop, a full disk",
        ("unit-memory", "coordinator-slow", "rpc-hang", "disk-full"),
        "what blocks these servers is not asked, and a slow one is asked less",
        proof=("disk-full@2026-08", "rpc-hang@2026-08", "coordinator-slow@2026-04"),
    ),
    Known(
        20,
        "configuration and version drift, a dirty tree, a second producer",
        ("config-drift", "role-swapped"),
        "git state per node; what each endpoint proved to be",
        unseen="secrets that a web server publishes: nobody's files are fetched to find out",
        proof=("config-drift@2026-08", "config-drift@2026-04", "role-swapped@2026-04"),
    ),
)

TRAPS: tuple[Known, ...] = (
    Known(
        1,
        "three credentials, none a superset",
        also="each request carries the one of its role; panes without theirs say which is missing",
        proof=(
            "collect/test_detect.py::test_only_what_the_mode_needs_is_sent",
            "collect/test_detect.py::test_without_an_admin_token_its_panes_say_so_and_our_own_jobs_show",
        ),
    ),
    Known(
        2,
        "documented paths that do not exist",
        also="only listed paths can be sent",
        proof=("operations/test_permit.py::test_what_is_on_no_list_is_never_sent",),
    ),
    Known(3, "COMPLETED is not success", ("job-fails-completed",), proof=("job-fails-completed@2026-04",)),
    Known(
        4,
        "no state is final, expiry is lazy",
        ("late-result", "job-overdue"),
        proof=("state/test_work.py::test_a_result_that_comes_after_the_end_is_told",),
    ),
    Known(
        5,
        "425 for ever, three kinds of 404, 403 that is no wrong credential",
        also="told apart by what the answer says",
        proof=(
            "protocol/test_failures.py::test_425_may_last_for_ever",
            "contract/test_captures_node.py::test_three_kinds_of_404",
            "protocol/test_failures.py::test_403_is_no_wrong_key",
        ),
    ),
    Known(
        6,
        "0 online with healthy miners, dead ones active, a busy one silent for 60 s",
        ("miner-gone",),
        proof=("miner-gone@2026-04",),
    ),
    Known(
        7,
        "statistics that flap or are always 500",
        also="never asked: counted from the lists",
        proof=("faults/test_pains.py::test_what_blocks_or_lies_is_not_asked",),
    ),
    Known(
        8,
        "the connection is dead after a 500",
        ("dies-after-500",),
        proof=("dies-after-500@2026-04", "transport/test_http.py::test_after_a_500_nothing_is_sent_on_that_connection"),
    ),
    Known(
        9,
        "a 500 may have committed",
        ("submission-unknown",),
        "a write is sent once; without a sure answer it is looked up",
        proof=(
            "operations/test_orders.py::test_what_may_have_committed_is_unknown",
            "transport/test_http.py::test_a_write_is_never_repeated",
        ),
    ),
    Known(
        10,
        "ids are live keys, prompts are public",
        also="ids masked, prompts folded",
        unseen="who else has read them: the explorer is open to everybody",
        proof=("protocol/test_bodies.py::test_ids_are_masked_and_stay_out_of_reprs",),
    ),
    Known(
        11,
        "naive times in many spellings, receipts off by the server's zone",
        proof=("protocol/test_times.py::test_spellings", "receipts/test_content.py::test_the_recorded_zone_of_vienna"),
        also="aware UTC everywhere; the zone's shift is remarked, no alarm",
    ),
    Known(
        12,
        "the explorer is a pseudo-chain, its offers are mock",
        also="not asked; chain data comes from the nodes",
        proof=("faults/test_pains.py::test_what_blocks_or_lies_is_not_asked",),
    ),
    Known(
        13,
        "one bad receipt makes its whole page a 500",
        also="found by halving, left out and counted; given up when nothing can be read",
        proof=("faults/test_august.py::test_a_lost_database_is_not_asked_more_than_a_sound_one",),
    ),
    Known(
        14,
        '"escrowed" may be released, "released" unpaid, EXPIRED still paid for',
        ("escrow-stuck", "paid-unsettled"),
        "the payment is read itself, not the job's word for it",
        proof=("escrow-stuck@2026-08", "paid-unsettled@2026-08"),
    ),
    Known(
        15,
        "receipt bytes are those of one Python function",
        ("receipt-bad",),
        proof=(
            "receipts/test_vectors.py::test_the_vector_gets_its_verdict",
            "receipts/test_wrong_implementations.py::test_the_mistake_fails_where_we_do_not",
        ),
    ),
    Known(
        16,
        "key_id is the public key itself",
        ("receipt-attacker-key",),
        "keys are pinned per role",
        proof=(
            "receipt-attacker-key@2026-08",
            "receipts/test_wrong_implementations.py::test_the_embedded_key_is_never_trusted",
        ),
    ),
    Known(
        17,
        "fields added after signing, attestations that vanish",
        ("receipt-bad",),
        "stripped, and shown as unsigned claims",
        unseen="attestations that were stripped, unless a pinned attestation key makes them required",
        proof=(
            "receipts/test_wrong_implementations.py::test_missing_attestations_are_noticed",
            "receipts/test_vectors.py::test_every_captured_receipt_verifies",
        ),
    ),
    Known(
        18,
        "health says ok with producer, database or follower dead",
        ("producer-dead", "db-down", "importer-dead"),
        proof=("producer-dead@2026-04", "db-down@2026-04", "importer-dead@2026-04"),
    ),
    Known(
        19,
        "the shipped tools print invented data",
        also="none of them is ever run",
        proof=("operations/test_permit.py::test_every_command_that_is_built_is_on_the_list",),
    ),
    Known(
        20,
        "followers wedge, or keep height with hollow blocks",
        ("wedge", "hollow"),
        proof=("wedge@2026-04", "wedge@2026-04b", "hollow@2026-04"),
    ),
    Known(
        21,
        "lag, stall and fork look alike; an idle chain is no stall",
        ("lag", "stall", "fork", "height-ahead"),
        unseen="a cut-off and a wedge before the same block with transactions: both are called wedge",
        proof=("fork@2026-04b", "stall@2026-04b", "state/test_chain.py::test_an_idle_chain_is_no_stall"),
    ),
    Known(
        22,
        "mempool counts are capped, empty without chain_id, never drain on followers",
        ("mempool-flood", "chain-id-unset"),
        "a lower bound is shown as one; chain_id goes with every question",
        proof=(
            "mempool-flood@2026-04b",
            "chain-id-unset@2026-04",
            "state/test_work.py::test_a_followers_mempool_is_not_counted_and_no_alarm",
        ),
    ),
    Known(
        23,
        "metrics of one process, or all zeros",
        also="never read",
        proof=("faults/test_pains.py::test_what_blocks_or_lies_is_not_asked",),
    ),
    Known(
        24,
        "no shipped force sync works; importBlock takes anything",
        also="our own sync checks every hash it gets back; at observe it cannot be sent",
        proof=("operations/test_permit.py::test_at_observe_nothing_that_writes_leaves",),
    ),
    Known(
        25,
        "single-threaded servers, shared limits",
        ("rate-limit", "coordinator-slow"),
        "one question at a time, a share of each bucket, Retry-After kept",
        proof=(
            "rate-limit@2026-08",
            "faults/test_august.py::test_nothing_is_asked_before_the_server_allows_it",
            "collect/test_detect.py::test_a_refusal_halves_our_share_and_time_gives_it_back",
        ),
    ),
)


def table(rows: tuple[Known, ...]) -> str:
    """For the README."""
    lines = ["| | what recurs | alarm | besides | not told from outside |", "|---|---|---|---|---|"]
    for row in rows:
        named = ", ".join(f"`{rule}`" for rule in row.rules)
        lines.append(f"| {row.number}. | {row.what} | {named} | {row.also} | {row.unseen} |")
    return "\n".join(lines)
