health-ready = Files can be received
health-attention = Files can be received; something needs attention
health-not-ready = Files cannot be received at present
health-free = { $free } free of { $total }
health-store-todo = Check that the disk is mounted and has room. Until then no upload is acknowledged.
health-disks = Disks of the two copies
health-one-disk = Both copies are on one disk
health-two-disks = The copies are on different disks
health-one-disk-todo = One broken disk takes both copies. Set CUSTODY_SECOND_STORE_URL to another disk.
health-queue = Queue
health-queue-down = The queue server does not answer
health-queue-waiting = { $count ->
    [one] 1 job waits
   *[other] { $count } jobs wait
  }
health-queue-todo = Files are still kept and are read when it is back. Check redis.
health-workers = Workers
health-workers-count = { $count } running
health-workers-todo = Start custody worker.
health-due = Readings due
health-due-count = { $count }
health-due-oldest = the oldest received { $time }
health-keys = Signing keys
health-keys-fingerprint = fingerprint of the public keys { $fingerprint }
health-keys-todo = This home has no private keys and can only show and verify. Put back the backup of the keys.
health-checkpoint = Last checkpoint
health-checkpoint-at = covers { $size } of { $log } events, signed { $time }
health-checkpoint-todo = Some events are not covered yet; look for errors in the log.
health-public-keys = Public keys
health-see-checkpoint = See the checkpoint
