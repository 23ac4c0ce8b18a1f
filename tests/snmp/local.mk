# Agents that fail, lie, restart and are many: the engine against the simulator.
EXTRA_DIST += %D%/blackhole.py %D%/console.py %D%/faults.py %D%/polling.py %D%/quirks.py %D%/rig.py %D%/streams.py %D%/tls.py
TESTS += %D%/blackhole.py %D%/console.py %D%/faults.py %D%/polling.py %D%/quirks.py %D%/streams.py %D%/tls.py

# make check-long: three thousand v3 engines, an hour's worth of polls and restarts, mutants, and churn.
long_targets += check-long-engines
check-long-engines:
	top_builddir=$(abs_top_builddir) /usr/bin/python3 $(srcdir)/tests/snmp/faults.py long
phony_targets += check-long-engines
