"""What the alarms of servers, work and money mean. Our own words."""

from __future__ import annotations

from aitbc_tui.ui.screens.alarm_template import Words

WORK: dict[str, Words] = {
    "error-in-200": Words(
        "{about} answers 200 with an error inside: the success is none.",
        "The connection is fine.",
        ("Read the evidence: it is the error's own text.",),
    ),
    "wrong-service": Words(
        "Something else answers on the port of {about}.",
        "This is not a broken AITBC service: it is another one.",
        ("Check the url in the configuration, and what listens on that port.",),
    ),
    "garbage-json": Words(
        "{about} answers something that is not JSON.",
        "The connection is fine, and nothing of the answer was used.",
        ("Ask by hand with the command under check.", "Look for a proxy in between."),
    ),
    "huge-json": Words(
        "{about} answers more than any answer of the contract may hold; it was cut off.",
        "Nothing of the answer was used.",
        ("Ask by hand with the command under check.",),
    ),
    "dies-after-500": Words(
        "{about} answered with an error and then not at all.",
        "This is not the way there: SSH stands.",
        ("`l` reads its log.", "`o` starts its unit."),
    ),
    "job-stuck": Words(
        "The job is past a step that was due, and nothing shows that it goes on.",
        "RUNNING is the coordinator's word: it never ages a job.",
        ("Enter names the missing step.", "`l` reads the miner's log.", "Then cancel it, and submit it again."),
    ),
    "job-waits": Words(
        "The job waits longer than a miner needs to poll.",
        "This is not stuck: no miner has it.",
        (
            "An amount or a constraint that no miner meets waits until it expires: cancel it, submit it without.",
            "Else: are the miners alive (3), and does one hold the model?",
        ),
    ),
    "job-overdue": Words(
        "The job is past its expiry and still QUEUED or RUNNING.",
        "The coordinator expires a job only when its owner reads it.",
        ("Reading it with the owner's key settles it.",),
    ),
    "job-fails-completed": Words(
        "The platform calls the job COMPLETED and charges it; the result inside says failed.",
        "A valid receipt is no proof of a good result: it signs what the miner said.",
        ("Enter shows result and receipt.", "Claim the price from whoever runs the coordinator."),
    ),
    "model-substituted": Words(
        "Another model ran than the one that was asked for.",
        "This is not an error message lost: the miner substitutes silently.",
        ("Submit with a model that a miner holds (`n`, the list behind the model).",),
    ),
    "escrow-stuck": Words(
        "A payment was taken and neither released nor refunded.",
        "This is not the job's state: the job itself is over.",
        ("Enter shows the job; its payment is looked up by the operator of the coordinator.",),
    ),
    "paid-unsettled": Words(
        'The payment is called "released" and no transaction stands behind it.',
        "Released is a word in a database, not a transfer.",
        ("Enter shows the receipt and what was paid.",),
    ),
    "miner-gone": Words(
        "{about} has sent no heartbeat for longer than a living miner ever takes.",
        'The platform still calls it "active": it never ages a miner.',
        ("`l` reads its log.", "`o` restarts its unit; a job it held stays with it until it expires."),
    ),
    "miner-flapping": Words(
        "{about} comes and goes: its heartbeats stop and start again.",
        "Each time it is back its jobs count go on: the list alone shows nothing.",
        ("`l` reads its log.", "Look at its unit: restarts."),
    ),
    "gpu-lost": Words(
        "The card of {about} fell off the bus: the driver no longer sees it.",
        "This is not an idle card.",
        ("Reset or reboot its host.", "Jobs of its miner will fail until then."),
    ),
    "ollama-down": Words(
        "Ollama on {about} does not answer: its miner takes jobs and fails them.",
        "The host and the miner's own unit may be fine.",
        (
            "Look at its unit on {about}, and start it again.",
            "Jobs that failed meanwhile stand in `4`, with what was billed.",
        ),
    ),
    "coordinator-500": Words(
        "The coordinator answers with errors of its own.",
        "This is not the way there: the answers arrive.",
        ("`l` reads its log.",),
    ),
    "coordinator-slow": Words(
        "The coordinator takes seconds for an answer: one blocking request holds up all others.",
        "This is not the line: SSH itself answers at once.",
        ("Wait; every further question makes it slower.", "`l` reads its log."),
    ),
    "db-down": Words(
        "{about} has lost its database: what is read from it fails, other things go on.",
        "Its process lives, and its /health says ok.",
        ("Look at the unit of its database, its disk, and whether it was ever migrated.",),
    ),
    "rate-limit": Words(
        "The coordinator refuses questions: the budget is used up. It is shared by all who come through this host.",
        "This is not an outage.",
        ("Wait; asking pauses by itself.", "A longer interval_s asks less."),
    ),
    "token-expired": Words(
        "The credential is over: the coordinator refuses it.",
        "This is not a wrong credential: it worked until its expiry.",
        ("Put a new token into {about}_file, or let {about}_command print one: it is read again by itself.",),
    ),
    "receipt-bad": Words(
        "The receipt does not verify: what it says is not what was signed, or not all of it.",
        "This is not a missing pin: the signature itself is wrong.",
        ("Do not pay it.", "Keep it: its bytes are in the ledger as received."),
    ),
    "receipt-attacker-key": Words(
        "The receipt verifies under a key that nobody has pinned: whoever holds that key could have written it.",
        "The signature is good; that alone proves nothing.",
        (
            "Enter shows its key beside the pinned ones: compare it with one you got by another way.",
            "Only then: aitbc-tui trust add signing KEY",
        ),
    ),
    "receipt-unsigned": Words(
        "The receipt carries no signature: it is a claim.",
        "This is not a forgery: the coordinator may have no signing key.",
        ("Ask whoever runs the coordinator to configure its signing key.",),
    ),
    "submission-unknown": Words(
        "A job was sent from here, and no sure answer came: it may wait, run or be done, under an id not known here.",
        "It was not sent again, and is not by itself: that could make two jobs and two bills.",
        (
            "4 lists the jobs: one of that time and client may be it.",
            "Acknowledge this when it was found, or when its time to live is over.",
        ),
    ),
    "receipt-duplicate": Words(
        "Two receipts name one job: it may be charged twice.",
        "Both may verify: a signature says nothing about another receipt.",
        ("6 compares both.",),
    ),
    "late-result": Words(
        "A result came after the job was cancelled or had expired, and it was charged.",
        "No state of a job is final on this platform: COMPLETED came last and counts.",
        ("Enter shows result and receipt.", "Claim the price from whoever runs the coordinator."),
    ),
    "refused": Words(
        "A credential of ours is refused: {about}.",
        "This is not an outage: it answers, and says no.",
        ("Check which credential opens this (:connections).", "A 403 is no wrong key: the route is closed to it."),
    ),
    "ledger": Words(
        "The ledger of this machine cannot be written: receipts and events are seen, and not kept.",
        "This is no trouble of the network. Nothing is sent meanwhile: what cannot be written down is not sent.",
        (
            "The evidence says why: a full disk, a folder of somebody else, a newer or a damaged file.",
            "Nothing else: it is tried again with each write.",
        ),
    ),
    "coordinator-down": Words(
        "The coordinator does not answer; what is shown of it is old and marked.",
        "Miners may go on working: their results arrive later.",
        ("`l` reads the coordinator's log.", "`o` is for nodes: its unit is started with aitbc-tui service start."),
    ),
}
