"""Views, one module a subject: take the request apart, call, answer."""
