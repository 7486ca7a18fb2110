"""The messages: a request and a result for each stage, and the types that they contain.

Each stage has its own module, so that a change to one stage's messages changes no other
stage's digest. :mod:`~indicsubs_contract.messages.envelope` joins them.

Rules for changes: a new field has a default; a field never changes its meaning; a change that
older readers would misread increases ``SCHEMA``. A request contains everything that changes the
output.
"""
