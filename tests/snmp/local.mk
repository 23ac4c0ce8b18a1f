# Agents that fail, lie, restart and are many: the engine against the simulator.
EXTRA_DIST += %D%/blackhole.py %D%/console.py %D%/faults.py %D%/import.py %D%/polling.py %D%/quirks.py %D%/rig.py %D%/streams.py %D%/tls.py
TESTS += %D%/blackhole.py %D%/console.py %D%/faults.py %D%/import.py %D%/polling.py %D%/quirks.py %D%/streams.py %D%/tls.py

# make check-long: three thousand v3 engines, an hour's worth of polls and restarts, an hour of
# mutants (MUTANT_SECONDS=N: fewer), and an engine ID that changes 100,000 times.
long_targets += check-long-engines
check-long-engines:
	top_builddir=$(abs_top_builddir) /usr/bin/python3 $(srcdir)/tests/snmp/faults.py long $(MUTANT_SECONDS)
phony_targets += check-long-engines
