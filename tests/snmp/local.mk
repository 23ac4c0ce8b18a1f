# Agents that fail, lie, restart and are many: the engine against the simulator.
EXTRA_DIST += %D%/faults.py
TESTS += %D%/faults.py

# make check-long: three thousand v3 engines, and churn.
long_targets += check-long-engines
check-long-engines:
	top_builddir=$(abs_top_builddir) /usr/bin/python3 $(srcdir)/tests/snmp/faults.py long
.PHONY: check-long-engines
