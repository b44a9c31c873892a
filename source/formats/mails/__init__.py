"""Mails (.eml, .msg): what the newest message says, then what it quotes; attachments are documents of their own."""
