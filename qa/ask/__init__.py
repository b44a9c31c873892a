"""The steps from a question to its quotes, a module for each; `qa.edition` takes them in order.

understand     finds the question in what was written, divides it, and recognises questions about the documents
spelling       corrects typing errors in the question
conversation   validates the question and finds the earlier one it depends on
named          finds the documents that the question names
retrieve       finds the passages that may answer (vectors, BM25, late interaction)
exact          puts those first that have what the question names exactly
reader         reads the question with each of the best passages and finds the answer's words
sentences      scores the sentences of those passages
confidence     estimates how likely the best sentence answers at all
extent         decides how much is quoted around it: neighbours, lists, sections, headings
quotes         makes the quotes, and marks the answer in them
keywords       finds what the documents say about keywords, in place of the four before
tables         finds the cell that answers in the row of a table
highlights     finds the answer's words where the reader could not (other languages)
answer_type    tells from a question whether it asks for a number, a time, a name, …
versions       puts the quotes from versions of one document beside each other
merge          joins the answers to the parts of a question
timings        measures each of these stages
"""
