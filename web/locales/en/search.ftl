nav-search = Search
search-text = Search text, names and notes of exhibits
search-how = Every word must be there; in quotation marks it is one phrase. The first digits of a number are enough. Traditional and simplified characters, width, case and punctuation make no difference.
search-everywhere = Search in all my matters
found-count = { $count ->
    [one] 1 exhibit found
   *[other] { $count } exhibits found
}
found-page = Page { $number }
found-known = Name and notes
found-pages = It is on { $count } pages
found-loose = Nothing is the same; these only have it within longer words or numbers.
found-behind = { $count ->
    [one] 1 exhibit is not indexed yet; search again later.
   *[other] { $count } exhibits are not indexed yet; search again later.
}
found-more = Only the newest { $count } are listed; add a word.
