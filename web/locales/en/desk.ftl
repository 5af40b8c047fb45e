desk-hello = Hello, { $name }
desk-matters = My matters
desk-to-review = to review
desk-waiting = wait for you as second person
desk-unreadable = unreadable
desk-arrived = Arrived today
desk-arrived-none = Nothing has arrived today.
desk-empty = Start with your first matter
teach-1 = Open a matter
teach-1-how = Give a number and the client; you become its lead.
teach-2 = Drop files
teach-2-how = Scans, photos, mails, recordings. A digest is computed before sending and compared afterwards.
teach-3 = Review and check
teach-3-how = Confirm type and date, which give the name; then two people count separately.
teach-4 = Issue a receipt
teach-4-how = The client scans the code, enters the PIN, looks and confirms.
teach-people = Add colleagues first (the check needs two people)
against = against { $who }
count-all = { $count ->
    [one] 1 exhibit
   *[other] { $count } exhibits
  }
count-received = { $count } being read
count-to-review = { $count } to review
count-waiting = { $count ->
    [one] 1 waits for you
   *[other] { $count } wait for you
  }
count-unreadable = { $count } unreadable
deadline = Evidence deadline
hearing = Hearing
deadline-evidence = evidence due { $day }
deadline-hearing = hearing { $day }
days-left = { $count ->
    [one] 1 day left
   *[other] { $count } days left
  }
days-past = { $count ->
    [one] 1 day past
   *[other] { $count } days past
  }
days-today = today
matter-new = Open a matter
matter-new-why = A matter is recorded in the custody log; its number does not change afterwards.
matter-open = Open the matter
matter-opened = The matter is open. You can drop files now.
matter-number = Matter number
matter-title = Title
matter-title-example = e.g. Zhang v. Acme Trading Co.
matter-client = Client
matter-opponents = Opponents
one-a-line = One a line.
