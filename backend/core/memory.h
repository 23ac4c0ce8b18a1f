/* The allocators of api/memory.h, under the name the rooms of backend/ know. */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include "api/memory.h"

#endif
