#define MODULE wide
#include "module.h"
