"""The steps from a question to its quotes, a module for each; `qa.edition` takes them in order.

spelling       corrects typing errors in the question
conversation   validates the question and finds the earlier one it depends on
retrieve       finds the passages that may answer (vectors, BM25, late interaction)
exact          puts those first that have what the question names exactly
reader         reads the question with each of the best passages and finds the answer's words
sentences      scores the sentences of those passages
confidence     estimates how likely the best sentence answers at all
quotes         widens the best sentences to quotes, and marks the answer in them
highlights     finds the answer's words where the reader could not (other languages)
answer_type    tells from a question whether it asks for a number, a time, a name, …
timings        measures each of these stages
"""
