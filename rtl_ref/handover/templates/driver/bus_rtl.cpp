// The bus of bus_model.h, but to the RTL as Verilator compiles it: AXI4-Lite, one access at a time.
#include <cstdio>
#include <cstdlib>

#include "Vnetwork_axi.h"
#include "verilated.h"

extern "C" {
#include "bus_model.h"
}

namespace {

constexpr int PATIENCE = 1000000;  // cycles of one access that mean that the bus hangs
constexpr int BETWEEN = 3;         // cycles from one access to the next

Vnetwork_axi *peripheral = nullptr;

void cycle()
{
    peripheral->aclk = 1;
    peripheral->eval();
    peripheral->aclk = 0;
    peripheral->eval();
}

void start()
{
    if (peripheral)
        return;
    peripheral = new Vnetwork_axi;
    peripheral->aresetn = 0;
    for (int i = 0; i < 4; i++)
        cycle();
    peripheral->aresetn = 1;
    cycle();
}

void hangs(const char *what, uint32_t address)
{
    std::printf("FAIL: the bus hangs in a %s of 0x%02x\n", what, static_cast<unsigned>(address));
    std::exit(1);
}

}  // namespace

extern "C" void bus_model_write(uint32_t address, uint32_t value)
{
    start();
    peripheral->s_axi_awaddr = address;
    peripheral->s_axi_wdata = value;
    peripheral->s_axi_wstrb = 0xF;
    peripheral->s_axi_awvalid = 1;
    peripheral->s_axi_wvalid = 1;
    peripheral->s_axi_bready = 1;
    for (int waited = 0;; waited++) {
        peripheral->eval();
        const bool address_taken = peripheral->s_axi_awvalid && peripheral->s_axi_awready;
        const bool data_taken = peripheral->s_axi_wvalid && peripheral->s_axi_wready;
        const bool answered = peripheral->s_axi_bvalid;
        cycle();
        if (address_taken)
            peripheral->s_axi_awvalid = 0;
        if (data_taken)
            peripheral->s_axi_wvalid = 0;
        if (answered)
            break;
        if (waited > PATIENCE)
            hangs("write", address);
    }
    peripheral->s_axi_bready = 0;
    for (int i = 0; i < BETWEEN; i++)
        cycle();
}

extern "C" uint32_t bus_model_read(uint32_t address)
{
    start();
    peripheral->s_axi_araddr = address;
    peripheral->s_axi_arvalid = 1;
    peripheral->s_axi_rready = 1;
    for (int waited = 0;; waited++) {
        peripheral->eval();
        const bool address_taken = peripheral->s_axi_arvalid && peripheral->s_axi_arready;
        const bool answered = peripheral->s_axi_rvalid;
        const uint32_t value = peripheral->s_axi_rdata;
        cycle();
        if (address_taken)
            peripheral->s_axi_arvalid = 0;
        if (answered) {
            peripheral->s_axi_rready = 0;
            for (int i = 0; i < BETWEEN; i++)
                cycle();
            return value;
        }
        if (waited > PATIENCE)
            hangs("read", address);
    }
}
