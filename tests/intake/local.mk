# The collector against real senders and a real store.
intake_tests = %D%/versions.py
TESTS += $(intake_tests)
EXTRA_DIST += $(intake_tests) %D%/collector.py
