actor-service = The service
event-other = { $who }: { $kind }
event-with-changes = { $told }{ $changes }
event-exhibit-received = { $who } took in “{ $original }” ({ $size }).
event-exhibit-read = { $who } read it: { $pages ->
    [one] 1 page
   *[other] { $pages } pages
  }, engine { $engine }.
event-exhibit-read-direct = { $who } read it: { $pages ->
    [one] 1 page
   *[other] { $pages } pages
  }; the text is the file's own.
event-exhibit-unreadable = { $who } could not read it: { $reason }
event-exhibit-reread = { $who } asked for a new reading.
event-exhibit-reviewed = { $who } reviewed and confirmed it.
event-exhibit-checked = { $who } checked it: { $pages ->
    [one] 1 page
   *[other] { $pages } pages
  }, { $paper }. { $agrees ->
    [yes] Both people agree.
    [no] It differs from the first person's count; the check is open again.
    [own] Signed with their own key.
   *[first] Waits for the second person.
  }
event-exhibit-stamped = { $who } obtained a time stamp for it ({ $authority }).
event-exhibit-withdrawn = { $who } withdrew it: { $reason }.
event-receipt-issued = { $who } issued receipt { $number } to { $to }.
event-receipt-sealed = { $who } sealed the receipt.
event-receipt-viewed = { $who } looked at the scans of the receipt.
event-receipt-confirmed = { $who } confirmed the receipt as { $signer }.
event-receipt-objected = { $who } objected: “{ $text }”.
event-receipt-voided = { $who } voided the receipt: { $reason }.
change-name-first = {" "}Named { $new }.
change-name = {" "}The name changed from { $old } to { $new }.
change-type-first = {" "}Type: { $new }.
change-type = {" "}The type changed from { $old } to { $new }.
change-date-first = {" "}Date: { $new }.
change-date = {" "}The date changed from { $old } to { $new }.
event-exhibit-erased = { $who } erased it under the law: { $reason }.
