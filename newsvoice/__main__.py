"""`python -m newsvoice` is the command `newsvoice`."""

from newsvoice.cli import main

main()
