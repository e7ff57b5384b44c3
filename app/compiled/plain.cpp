#define MODULE plain
#include "module.h"
