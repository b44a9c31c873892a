"""From a question to quotes: understand, retrieve, read, rank sentences, quote, or abstain."""
