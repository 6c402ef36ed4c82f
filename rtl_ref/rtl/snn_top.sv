// A network: cores in a chain, each fed by the spikes of the one before it. Sizes are packed, 16 bits per core, the first core lowest.
`default_nettype none

module snn_top #(
    parameter int CORES                     = 2,
    parameter bit [CORES*16-1:0] AXONS      = {16'd48, 16'd64},
    parameter bit [CORES*16-1:0] NEURONS    = {16'd10, 16'd48},
    parameter int WEIGHT_BITS               = 8,
    parameter int STATE_BITS                = 24,
    parameter int CYCLES_PER_SOP            = 2,
    parameter bit EVENT_RULE                = 1'b0,
    parameter int QUEUE_DEPTH               = 16,
    parameter int COUNTER_BITS              = 32,
    localparam int CORE_BITS    = CORES > 1 ? $clog2(CORES) : 1,
    localparam int NUMBER_BITS  = 16,  // of an axon or neuron on the links
    localparam int ADDRESS_BITS = 2 * NUMBER_BITS
) (
    input  wire                               clk,
    input  wire                               reset,

    input  wire                               in_valid,
    output logic                              in_ready,
    input  wire                               in_tick,
    input  wire [snn_words::KIND_BITS-1:0]    in_kind,
    input  wire [snn_words::TARGET_BITS-1:0]  in_target,
    input  wire [NUMBER_BITS-1:0]             in_axon,

    output logic                              out_valid,
    input  wire                               out_ready,
    output logic                              out_tick,
    output logic [snn_words::KIND_BITS-1:0]   out_kind,
    output logic [snn_words::TARGET_BITS-1:0] out_target,
    output logic [NUMBER_BITS-1:0]            out_neuron,

    // Memory port of one core; port_address is {axon, neuron} of 16 bits each.
    input  wire                               port_enable,
    output logic                              port_ready,
    input  wire [CORE_BITS-1:0]               port_core,
    input  wire                               port_write,
    input  wire [1:0]                         port_select,
    /* verilator lint_off UNUSEDSIGNAL */  // a core uses as many bits of a number as it has axons or neurons
    input  wire [ADDRESS_BITS-1:0]            port_address,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire [STATE_BITS-1:0]              port_wdata,
    output logic signed [STATE_BITS-1:0]      port_rdata,

    // A counter of the core port_core: 0 cycles, 1 stalls, 2 sops, 3 reads, 4 writes, 5 spikes, 6 saturations.
    input  wire [2:0]                         counter_select,
    output logic [COUNTER_BITS-1:0]           counter,

    // The words that leave each core, for whoever watches.
    output logic [CORES-1:0]                  link_valid,
    output logic [CORES-1:0]                  link_ready,
    output logic [CORES-1:0]                  link_tick,
    output logic [CORES*NUMBER_BITS-1:0]      link_neuron
);
    import snn_words::*;

    // Link i leads into core i, link CORES out of the chain.
    logic [CORES:0]                     valid, ready, tick;
    logic [(CORES+1)*KIND_BITS-1:0]     kinds;
    logic [(CORES+1)*TARGET_BITS-1:0]   targets;
    /* verilator lint_off UNUSEDSIGNAL */
    logic [(CORES+1)*NUMBER_BITS-1:0]   numbers;
    /* verilator lint_on UNUSEDSIGNAL */
    logic [CORES-1:0]                   rests;
    logic [CORES*STATE_BITS-1:0]        rdata;
    logic [CORES*7*COUNTER_BITS-1:0]    counts;

    assign valid[0]                  = in_valid;
    assign in_ready                  = ready[0];
    assign tick[0]                   = in_tick;
    assign kinds[0 +: KIND_BITS]     = in_kind;
    assign targets[0 +: TARGET_BITS] = in_target;
    assign numbers[0 +: NUMBER_BITS] = in_axon;

    generate
        for (genvar i = 0; i < CORES; i++) begin : g_core
            localparam int CORE_AXONS   = int'(AXONS[16*i +: 16]);
            localparam int CORE_NEURONS = int'(NEURONS[16*i +: 16]);
            localparam int AXON_BITS    = CORE_AXONS > 1 ? $clog2(CORE_AXONS) : 1;
            localparam int NEURON_BITS  = CORE_NEURONS > 1 ? $clog2(CORE_NEURONS) : 1;
            logic [NEURON_BITS-1:0] neuron;

            integrate_and_fire_core #(
                .AXONS(CORE_AXONS), .NEURONS(CORE_NEURONS), .WEIGHT_BITS(WEIGHT_BITS), .STATE_BITS(STATE_BITS),
                .CYCLES_PER_SOP(CYCLES_PER_SOP), .EVENT_RULE(EVENT_RULE), .QUEUE_DEPTH(QUEUE_DEPTH), .INDEX(i + 1),
                .COUNTER_BITS(COUNTER_BITS)
            ) core (
                .clk, .reset,
                .in_valid(valid[i]), .in_ready(ready[i]), .in_tick(tick[i]), .in_kind(kinds[KIND_BITS*i +: KIND_BITS]),
                .in_target(targets[TARGET_BITS*i +: TARGET_BITS]), .in_axon(numbers[NUMBER_BITS*i +: AXON_BITS]),
                .out_valid(valid[i+1]), .out_ready(ready[i+1]), .out_tick(tick[i+1]), .out_kind(kinds[KIND_BITS*(i+1) +: KIND_BITS]),
                .out_target(targets[TARGET_BITS*(i+1) +: TARGET_BITS]), .out_neuron(neuron),
                .port_enable(port_enable && port_core == CORE_BITS'(i)), .port_ready(rests[i]), .port_write, .port_select,
                .port_address({port_address[NUMBER_BITS +: AXON_BITS], port_address[0 +: NEURON_BITS]}), .port_wdata,
                .port_rdata(rdata[STATE_BITS*i +: STATE_BITS]),
                .count_cycles(counts[(7*i+0)*COUNTER_BITS +: COUNTER_BITS]), .count_stalls(counts[(7*i+1)*COUNTER_BITS +: COUNTER_BITS]),
                .count_sops(counts[(7*i+2)*COUNTER_BITS +: COUNTER_BITS]), .count_reads(counts[(7*i+3)*COUNTER_BITS +: COUNTER_BITS]),
                .count_writes(counts[(7*i+4)*COUNTER_BITS +: COUNTER_BITS]), .count_spikes(counts[(7*i+5)*COUNTER_BITS +: COUNTER_BITS]),
                .count_saturations(counts[(7*i+6)*COUNTER_BITS +: COUNTER_BITS]));

            assign numbers[NUMBER_BITS*(i+1) +: NUMBER_BITS] = NUMBER_BITS'(neuron);
        end
    endgenerate

    assign ready[CORES] = out_ready;
    assign out_valid    = valid[CORES];
    assign out_tick     = tick[CORES];
    assign out_kind     = kinds[KIND_BITS*CORES +: KIND_BITS];
    assign out_target   = targets[TARGET_BITS*CORES +: TARGET_BITS];
    assign out_neuron   = numbers[NUMBER_BITS*CORES +: NUMBER_BITS];

    assign link_valid  = valid[CORES:1];
    assign link_ready  = ready[CORES:1];
    assign link_tick   = tick[CORES:1];
    assign link_neuron = numbers[(CORES+1)*NUMBER_BITS-1:NUMBER_BITS];

    assign port_ready = rests[port_core];
    assign port_rdata = $signed(rdata[32'(port_core)*STATE_BITS +: STATE_BITS]);
    assign counter    = counts[(32'(port_core)*7 + 32'(counter_select))*COUNTER_BITS +: COUNTER_BITS];
endmodule

`default_nettype wire
