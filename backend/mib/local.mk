# The SMI compiler, the snapshot it writes, and the tree that is read from it.
noinst_LIBRARIES += %D%/libmib.a
%C%_libmib_a_SOURCES = \
	%D%/cache.c %D%/cache.h \
	%D%/compile.c %D%/compile.h \
	%D%/confine.c \
	%D%/crew.c %D%/crew.h \
	%D%/diag.c %D%/diag.h \
	%D%/directories.c \
	%D%/keyword.c %D%/keyword.h \
	%D%/lex.c %D%/lex.h \
	%D%/link.c %D%/link.h \
	%D%/link-module.c \
	%D%/link-name.c \
	%D%/link-node.c \
	%D%/link-oid.c \
	%D%/link-type.c \
	%D%/search-word.c %D%/search.h \
	%D%/mib.c %D%/reader.h \
	%D%/mib-module.c \
	%D%/mib-object.c \
	%D%/mib-search.c \
	%D%/mib-value.c \
	%D%/mib-xref.c \
	%D%/parse.c %D%/parse.h \
	%D%/parse-clause.c \
	%D%/parse-file.c \
	%D%/parse-text.c \
	%D%/parse-type.c \
	%D%/parse-value.c \
	%D%/prose.c \
	%D%/refresh.c \
	%D%/snap.h \
	%D%/source.c %D%/source.h \
	%D%/unit.c %D%/unit.h \
	%D%/vec.h \
	%D%/words.c %D%/words.h \
	%D%/write.c %D%/write.h
