// A network: cores in a chain, each fed by the spikes of the one before it. Sizes are packed, 16
// bits per core, the first core lowest.
`default_nettype none

module snn_top #(
    parameter int CORES                   = 2,
    parameter bit [CORES*16-1:0] AXONS    = {16'd48, 16'd64},
    parameter bit [CORES*16-1:0] NEURONS  = {16'd10, 16'd48},
    parameter int WEIGHT_BITS             = 8,
    parameter int STATE_BITS              = 24,
    parameter int CYCLES_PER_SOP          = 2,
    parameter bit EVENT_RULE              = 1'b0,
    parameter int QUEUE_DEPTH             = 16,
    parameter int COUNTER_BITS            = 32,
    parameter     IMAGE                   = "",  // memories: files IMAGE core01_synapses.hex …
    localparam int CORE_BITS    = CORES > 1 ? $clog2(CORES) : 1,
    localparam int NUMBER_BITS  = snn_words::NUMBER_BITS,
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

    // Memory port of the core port_core; port_address is {axon, neuron} of 16 bits each. A core
    // that does not exist is never ready.
    input  wire                               port_enable,
    output logic                              port_ready,
    output logic                              port_refused,
    input  wire [CORE_BITS-1:0]               port_core,
    input  wire                               port_write,
    input  wire [1:0]                         port_select,
    input  wire [ADDRESS_BITS-1:0]            port_address,
    input  wire [STATE_BITS-1:0]              port_wdata,
    output logic                              port_rvalid,
    output logic signed [STATE_BITS-1:0]      port_rdata,

    // A counter of the core port_core, by its number in snn_words, and whether one has wrapped.
    input  wire [2:0]                         counter_select,
    output logic [COUNTER_BITS-1:0]           counter,
    output logic                              counter_wrapped,

    // The words that leave each core, for whoever watches.
    output logic [CORES-1:0]                  link_valid,
    output logic [CORES-1:0]                  link_ready,
    output logic [CORES-1:0]                  link_tick,
    output logic [CORES*NUMBER_BITS-1:0]      link_neuron
);
    import snn_words::*;

    law #(
        .HOLDS(CORES >= 1 && CORES < 1 << TARGET_BITS),
        .TEXT("snn_top: CORES must be 1 to 15, a tick names a core in four bits")
    ) cores_law ();

    // Link i leads into core i, link CORES out of the chain.
    logic [CORES:0]                   valid, ready, tick;
    logic [(CORES+1)*KIND_BITS-1:0]   kinds;
    logic [(CORES+1)*TARGET_BITS-1:0] targets;
    logic [(CORES+1)*NUMBER_BITS-1:0] numbers;

    // What each core tells.
    localparam int COUNTS_BITS = COUNTERS * COUNTER_BITS;
    logic [CORES-1:0]            rests, refused, answers, wrapped;
    wire signed [STATE_BITS-1:0] rdata [CORES];
    wire [COUNTS_BITS-1:0]       counts [CORES];

    assign valid[0]                 = in_valid;
    assign tick[0]                  = in_tick;
    assign kinds[KIND_BITS-1:0]     = in_kind;
    assign targets[TARGET_BITS-1:0] = in_target;
    assign numbers[NUMBER_BITS-1:0] = in_axon;
    assign in_ready                 = ready[0];

    generate
        for (genvar i = 0; i < CORES; i++) begin : g_core
            localparam int CORE_AXONS   = int'(AXONS[16*i +: 16]);
            localparam int CORE_NEURONS = int'(NEURONS[16*i +: 16]);
            localparam int NEURON_BITS  = CORE_NEURONS > 1 ? $clog2(CORE_NEURONS) : 1;
            localparam CORE_IMAGE = {IMAGE, "core", 8'("0" + (i+1) / 10), 8'("0" + (i+1) % 10)};
            logic [NEURON_BITS-1:0] neuron;

            if (i + 1 < CORES) begin : g_next
                law #(
                    .HOLDS(CORE_NEURONS <= int'(AXONS[16*(i+1) +: 16])),
                    .TEXT("snn_top: NEURONS of a core must be at most the AXONS of the next")
                ) neurons_law ();
            end

            integrate_and_fire_core #(
                .AXONS(CORE_AXONS), .NEURONS(CORE_NEURONS), .WEIGHT_BITS(WEIGHT_BITS),
                .STATE_BITS(STATE_BITS), .CYCLES_PER_SOP(CYCLES_PER_SOP), .EVENT_RULE(EVENT_RULE),
                .QUEUE_DEPTH(QUEUE_DEPTH), .INDEX(i + 1), .COUNTER_BITS(COUNTER_BITS),
                .IMAGE(IMAGE == "" ? "" : CORE_IMAGE)
            ) core (
                .clk, .reset,
                .in_valid(valid[i]), .in_ready(ready[i]), .in_tick(tick[i]),
                .in_kind(kinds[KIND_BITS*i +: KIND_BITS]),
                .in_target(targets[TARGET_BITS*i +: TARGET_BITS]),
                .in_axon(numbers[NUMBER_BITS*i +: NUMBER_BITS]),
                .out_valid(valid[i+1]), .out_ready(ready[i+1]), .out_tick(tick[i+1]),
                .out_kind(kinds[KIND_BITS*(i+1) +: KIND_BITS]),
                .out_target(targets[TARGET_BITS*(i+1) +: TARGET_BITS]), .out_neuron(neuron),
                .port_enable(port_enable && port_core == CORE_BITS'(i)), .port_ready(rests[i]),
                .port_refused(refused[i]), .port_write, .port_select, .port_address, .port_wdata,
                .port_rvalid(answers[i]), .port_rdata(rdata[i]),
                .counts(counts[i]), .count_wrapped(wrapped[i]));

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

    // The core that is asked, or that answers.
    wire                   core_exists = 32'(port_core) < CORES;
    wire [COUNTS_BITS-1:0] of_core     = counts[port_core];
    assign port_ready      = core_exists && rests[port_core];
    assign port_refused    = refused != '0;
    assign port_rvalid     = answers != '0;
    assign port_rdata      = rdata[port_core];
    assign counter         = of_core[COUNTER_BITS*32'(counter_select) +: COUNTER_BITS];
    assign counter_wrapped = core_exists && wrapped[port_core];
endmodule

`default_nettype wire
