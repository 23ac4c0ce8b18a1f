# Unit tests of backend/snmp. Those that speak to a real snmpd start one of their own: tests/snmpd.py.
EXTRA_DIST += tests/certificates.py tests/snmpd.py
snmp_test_libs = backend/snmp/libtlsnmp.a backend/io/libio.a backend/text/libtext.a backend/core/libcore.a $(UNISTRING_LIBS) $(NETSNMP_LIBS) $(CMOCKA_LIBS) -lm

check_PROGRAMS += %D%/snmp-session
TESTS += %D%/snmp-session
%C%_snmp_session_SOURCES = %D%/snmp-session.c %D%/snmp-agent.c %D%/snmp-agent.h
%C%_snmp_session_LDADD = $(snmp_test_libs)
