"""The differential test: cases made by chance, judged by the oracle and by browsers, made small where they differ.

`generating` makes scenarios from a seed and nothing else: `permitting` exchanges, then a few `mutations` of the
`drafts`; the text that they choose from is in `vocabulary`. `findings` eats the events of a run, `witness` asks
browsers, `shrinking` makes a case smaller. Only what the standards alone decide is generated; left out, and why:

- bare CR and LF, folded lines, odd status lines, ambiguous lengths, names of response fields that are no tokens:
  HTTP parsers may take them as they like (RFC 9112 2.2, 5.2, 6.3);
- statuses below 200 and above 599, and 401, 407, 408, 421 and 425, which make clients ask somebody, or ask again;
  206, 304 and whatever may be stored (every answer says ``no-store``), because the oracle has no HTTP cache;
- bodies that break off and codings of bodies: nothing of them is CORS;
- hosts beyond ASCII or in odd numbers, and bytes beyond ASCII in a Location: not modelled, or not decided;
- Locations that lose the case's token: what nobody can record, nobody can judge;
- waiting: no case depends on how long anything takes, so no max-age from 1 to 30 is remembered across a wait.
"""
