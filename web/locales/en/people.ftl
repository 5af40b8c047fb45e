people-link = One-time link for { $login } (shown this once)
people-link-what = Valid for two days, to set a password. Hand it over in person or by a trusted channel.
people-ready = can sign in
people-not-ready = no password yet
people-new-link = New link
people-add = Add a person
people-name = Name
