# libc only: no descriptors, no clock, no globals.
noinst_LIBRARIES += %D%/libcore.a
%C%_libcore_a_SOURCES = \
	%D%/address.c %D%/address.h \
	%D%/ber.c %D%/ber.h \
	%D%/failure.c \
	%D%/memory.c %D%/memory.h \
	%D%/oid.c \
	%D%/request.c %D%/request.h \
	%D%/value.c
