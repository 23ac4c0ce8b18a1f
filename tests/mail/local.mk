# trapline-mail against servers of our own on loopback; the outbox; digests.
TESTS += %D%/bounce.py %D%/deliver.py %D%/doctor.py %D%/store-outbox %D%/core-digest
EXTRA_DIST += %D%/bounce.py %D%/certs.sh %D%/deliver.py %D%/doctor.py %D%/rig.py %D%/sink.py
check_PROGRAMS += %D%/store-outbox %D%/core-digest
%C%_store_outbox_SOURCES = %D%/store-outbox.c
%C%_store_outbox_LDADD = backend/store/libstore.a backend/io/libio.a backend/core/libcore.a $(SQLITE_LIBS) \
	$(CMOCKA_LIBS)
%C%_core_digest_SOURCES = %D%/core-digest.c
%C%_core_digest_LDADD = backend/core/libcore.a $(CMOCKA_LIBS)
