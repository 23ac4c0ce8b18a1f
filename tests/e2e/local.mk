# The README's promises, as a person would try them: real snmpd, snmptrap, SMTP server.
dist_e2e = %D%/commands.sh %D%/console.sh %D%/demo.sh %D%/feed.sh %D%/mail.sh %D%/ports.sh %D%/refusals.sh %D%/secrets.sh
TESTS += $(dist_e2e)
EXTRA_DIST += $(dist_e2e) %D%/lib.sh tests/demo/devices tests/demo/run tests/demo/traps
