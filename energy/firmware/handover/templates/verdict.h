/* What main() leaves for a debugger to read. */

#ifndef VERDICT_H
#define VERDICT_H

#include <stdint.h>

#define PASSED 0x600Du
#define FAILED 0x0BADu

struct verdict {
    uint32_t result;        /* PASSED, FAILED, or 0 while it runs */
    uint32_t wrong_outputs; /* outputs that differ from the expected ones */
    uint32_t wrong_spikes;  /* populations whose number of spikes differs */
    uint32_t cycles;        /* of one inference, where COUNT_CYCLES is defined */
};

extern volatile struct verdict verdict;

#endif
