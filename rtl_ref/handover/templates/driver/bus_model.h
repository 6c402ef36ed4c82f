/* A model of the peripheral for a PC: its registers over the cores, and a bus that never waits.
 *
 * The core works while the bus is used: a word every third access. An access that the peripheral
 * refuses, or that would have waited, does nothing and is counted in REFUSED.
 */
#ifndef BUS_MODEL_H
#define BUS_MODEL_H

#include <stdint.h>

uint32_t bus_model_read(uint32_t address);
void bus_model_write(uint32_t address, uint32_t value);

#define SPIKEWATT_READ(address) bus_model_read(address)
#define SPIKEWATT_WRITE(address, value) bus_model_write((address), (value))

#endif
