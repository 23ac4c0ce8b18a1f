# libc only: no descriptors, no clock, no globals.
noinst_LIBRARIES += %D%/libcore.a
%C%_libcore_a_SOURCES = \
	%D%/address.c %D%/address.h \
	%D%/ber.c %D%/ber.h \
	%D%/failure.c \
	%D%/memory.c %D%/memory.h \
	%D%/oid.c \
	%D%/request.c %D%/request.h \
	%D%/severity.c %D%/severity.h \
	%D%/siphash.c %D%/siphash.h \
	%D%/trap.c %D%/trap.h \
	%D%/value.c
