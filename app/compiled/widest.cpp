#define MODULE widest
#include "module.h"
