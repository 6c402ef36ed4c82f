/* Driver of the peripheral, freestanding C99: no allocation, no library.
 *
 * A write that would wait holds the bus. So the driver looks at STATUS first, and never waits on
 * the bus, but in loops of at most SPIKEWATT_PATIENCE looks.
 */
#ifndef SPIKEWATT_H
#define SPIKEWATT_H

#include <stddef.h>
#include <stdint.h>

#include "spikewatt_registers.h"

/* The bus: a header of your own that defines SPIKEWATT_READ(address) and SPIKEWATT_WRITE(address,
 * value), by -DSPIKEWATT_BUS='"my_bus.h"'; else registers in memory from SPIKEWATT_BASE on. */
#ifdef SPIKEWATT_BUS
#include SPIKEWATT_BUS
#else
#ifndef SPIKEWATT_BASE
#define SPIKEWATT_BASE 0x43C00000u
#endif
#define SPIKEWATT_PLACE(address) ((volatile uint32_t *)(uintptr_t)(SPIKEWATT_BASE + (address)))
#define SPIKEWATT_READ(address) (*SPIKEWATT_PLACE(address))
#define SPIKEWATT_WRITE(address, value) ((void)(*SPIKEWATT_PLACE(address) = (value)))
#endif

#ifndef SPIKEWATT_PATIENCE
#define SPIKEWATT_PATIENCE 10000000u /* looks at STATUS without a change that mean: it hangs */
#endif

#define SPIKEWATT_COUNTERS 8u

/* What functions answer; 0 or more is right. */
enum {
    SPIKEWATT_OK = 0,
    SPIKEWATT_NOT_THERE = -1, /* no such peripheral, or another version */
    SPIKEWATT_NO_PLACE = -2,  /* no such core, memory, or size */
    SPIKEWATT_HANGS = -3      /* the core did not get ready */
};

/* Called with each word that leaves, in the format of SPIKE. */
typedef void (*spikewatt_receiver)(void *context, uint32_t word);

/* Find the peripheral and reset it. Answers the number of cores, or an error. */
int spikewatt_init(void);

/* End all work, empty the queues, clear the counters. Memories stay. */
void spikewatt_soft_reset(void);

/* Axons and neurons of a core; cores count from 0. */
int spikewatt_sizes(unsigned core, unsigned *axons, unsigned *neurons);

/* Write a whole memory of a core. `values` are signed, of `bytes` 1, 2 or 4 each: axons rows of
 * neurons for SPIKEWATT_MEMORY_SYNAPSES, else one row of neurons (axons is 1). */
int spikewatt_load(unsigned core, unsigned memory, const void *values, unsigned bytes,
                   unsigned axons, unsigned neurons);

/* Read the first `neurons` words of a row. */
int spikewatt_dump(unsigned core, unsigned memory, unsigned axon, int32_t *values,
                   unsigned neurons);

/* Send a word in the format of EVENT. Answers 1, or 0 if there is no place for it now. */
int spikewatt_send(uint32_t word);

/* Take a word in the format of SPIKE, or 0 if none waits. */
uint32_t spikewatt_receive(void);

/* Send all words and hand over what leaves, until all is done and the cores rest. Without a
 * receiver (NULL) what leaves is dropped. */
int spikewatt_run(const uint32_t *words, size_t count, spikewatt_receiver receiver, void *context);

/* The counters of a core since the last reset, in the order of SPIKEWATT_COUNTER_…. */
int spikewatt_counters(unsigned core, uint32_t counts[SPIKEWATT_COUNTERS]);

/* The class: the largest of `count` potentials; of one alone, whether it is above 0. */
unsigned spikewatt_decide(const int32_t *potentials, unsigned count);

#endif
