// A chain of cores as an AXI4-Lite peripheral: a processor writes events and memories, and reads spikes, memories and counters.
// Registers of 32 bits; everything else, a place that does not exist, and part of a word where W stands, answer SLVERR and do nothing.
//
//   0x00 IDENTIFICATION  R   [31:24] 0x53, [23:16] version 1, [15:8] cores, [7:0] bits of a potential
//   0x04 SIZES           R   [31:16] axons, [15:0] neurons of the core in PORT_SELECT
//   0x08 STATUS          R   [31:16] words in the output queue, [3] memory port ready, [2] input ready, [1] output full, [0] output waits
//   0x0C SOFT_RESET      W   bit 0 empties all queues, ends all work and clears the counters; memories and selections stay
//   0x10 EVENT           W   [31] tick, [30:28] kind, [27:24] target, [15:0] axon; the response waits until the core has the word
//   0x14 SPIKE           R   takes a word from the output queue: as EVENT, with [16] valid and [15:0] neuron (tick: 0); 0 if it is empty
//   0x18 PORT_SELECT     RW  [15:8] core, [1:0] memory: 0 synapses, 1 potentials, 2 thresholds (below 0: never fires), 3 biases
//   0x1C PORT_ADDRESS    RW  [31:16] axon (of a synapse), [15:0] neuron
//   0x20 PORT_DATA       RW  W  the word there; the response waits until the core rests. A read of memory 2 gives the threshold
//   0x24 COUNTER_SELECT  RW  [2:0] 0 cycles, 1 stalls, 2 sops, 3 reads, 4 writes, 5 spikes, 6 saturations
//   0x28 COUNTER         R   that counter of the core in PORT_SELECT
//
// No word is lost: when the output queue is full, the cores wait. A PORT_DATA read that waits for such a core would keep SPIKE from being
// read for ever; it answers SLVERR instead. A processor that cannot read while its write waits looks at STATUS before it writes.
`default_nettype none

module axi_lite_peripheral #(
    parameter int CORES                = 2,
    parameter bit [CORES*16-1:0] AXONS   = {16'd48, 16'd64},
    parameter bit [CORES*16-1:0] NEURONS = {16'd10, 16'd48},
    parameter int WEIGHT_BITS          = 8,
    parameter int STATE_BITS           = 24,  // at most 32
    parameter int CYCLES_PER_SOP       = 2,
    parameter bit EVENT_RULE           = 1'b0,
    parameter int QUEUE_DEPTH          = 16,
    parameter int COUNTER_BITS         = 32,
    parameter int OUTPUT_DEPTH         = 16   // of the output queue: a power of two
) (
    input  wire         clk,
    input  wire         reset,

    /* verilator lint_off UNUSEDSIGNAL */  // protection, and the byte within a word
    input  wire [11:0]  s_axil_awaddr,
    input  wire [2:0]   s_axil_awprot,
    input  wire         s_axil_awvalid,
    output logic        s_axil_awready,
    input  wire [31:0]  s_axil_wdata,
    input  wire [3:0]   s_axil_wstrb,
    input  wire         s_axil_wvalid,
    output logic        s_axil_wready,
    output logic [1:0]  s_axil_bresp,
    output logic        s_axil_bvalid,
    input  wire         s_axil_bready,

    input  wire [11:0]  s_axil_araddr,
    input  wire [2:0]   s_axil_arprot,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire         s_axil_arvalid,
    output logic        s_axil_arready,
    output logic [31:0] s_axil_rdata,
    output logic [1:0]  s_axil_rresp,
    output logic        s_axil_rvalid,
    input  wire         s_axil_rready
);
    import snn_words::*;

    localparam int CORE_BITS = CORES > 1 ? $clog2(CORES) : 1;
    localparam int WORD_BITS = 1 + KIND_BITS + TARGET_BITS + 16;
    localparam logic [1:0] OKAY = 2'b00, SLVERR = 2'b10;
    localparam logic [9:0] IDENTIFICATION = 10'd0, SIZES = 10'd1, STATUS = 10'd2, SOFT_RESET = 10'd3, EVENT = 10'd4, SPIKE = 10'd5,
        PORT_SELECT = 10'd6, PORT_ADDRESS = 10'd7, PORT_DATA = 10'd8, COUNTER_SELECT = 10'd9, COUNTER = 10'd10;

    // The selections, and whether what they name exists.
    logic [7:0]  core;
    logic [1:0]  memory;
    logic [15:0] axon, neuron;
    logic [2:0]  counter_select;
    logic        soft_reset;
    wire         core_exists  = core < 8'(CORES);
    wire [15:0]  axons        = core_exists ? AXONS[32'(core)*16 +: 16] : '0;
    wire [15:0]  neurons      = core_exists ? NEURONS[32'(core)*16 +: 16] : '0;
    wire         place_exists = core_exists && neuron < neurons && (memory != 2'd0 || axon < axons);

    // The chain and the queue of the words that leave it.
    logic                         in_valid, in_ready, port_enable, port_write, rests;
    logic                         out_valid, out_ready, out_tick, word_valid, word_taken;
    logic [KIND_BITS-1:0]         out_kind;
    logic [TARGET_BITS-1:0]       out_target;
    logic [15:0]                  out_neuron;
    logic [WORD_BITS-1:0]         word;
    logic signed [STATE_BITS-1:0] port_rdata;
    logic [COUNTER_BITS-1:0]      counter;
    logic [31:0]                  write_data;
    /* verilator lint_off UNUSEDSIGNAL */
    logic [CORES-1:0]             link_valid, link_ready, link_tick;
    logic [CORES*16-1:0]          link_neuron;
    /* verilator lint_on UNUSEDSIGNAL */
    wire                          chain_reset = reset || soft_reset;
    wire                          port_ready  = rests && core_exists;

    snn_top #(
        .CORES(CORES), .AXONS(AXONS), .NEURONS(NEURONS), .WEIGHT_BITS(WEIGHT_BITS), .STATE_BITS(STATE_BITS),
        .CYCLES_PER_SOP(CYCLES_PER_SOP), .EVENT_RULE(EVENT_RULE), .QUEUE_DEPTH(QUEUE_DEPTH), .COUNTER_BITS(COUNTER_BITS)
    ) chain (
        .clk, .reset(chain_reset), .in_valid, .in_ready, .in_tick(write_data[31]), .in_kind(write_data[30:28]),
        .in_target(write_data[27:24]), .in_axon(write_data[15:0]), .out_valid, .out_ready, .out_tick, .out_kind, .out_target, .out_neuron,
        .port_enable, .port_ready(rests), .port_core(core[CORE_BITS-1:0]), .port_write, .port_select(memory),
        .port_address({axon, neuron}), .port_wdata(write_data[STATE_BITS-1:0]), .port_rdata, .counter_select, .counter,
        .link_valid, .link_ready, .link_tick, .link_neuron);

    event_queue #(.WIDTH(WORD_BITS), .DEPTH(OUTPUT_DEPTH)) output_queue (
        .clk, .reset(chain_reset), .in_valid(out_valid), .in_ready(out_ready),
        .in_word({out_tick, out_kind, out_target, out_tick ? 16'd0 : out_neuron}),  // the number of a tick means nothing
        .out_valid(word_valid), .out_ready(word_taken), .out_word(word));

    logic [15:0] level;
    always_ff @(posedge clk) level <= chain_reset ? '0 : level + 16'(out_valid && out_ready) - 16'(word_valid && word_taken);

    // Writes: address and data come in any order; both are kept until the response can be given.
    logic       address_taken, data_taken, write_legal, write_waits;
    logic [9:0] write_register;
    logic [3:0] strobe;
    logic       read_asks;
    wire        whole       = strobe == 4'b1111;
    wire        write_due   = address_taken && data_taken && (!s_axil_bvalid || s_axil_bready);
    wire        write_done  = write_due && !(write_legal && write_waits);
    wire        write_takes = write_done && write_legal;

    assign s_axil_awready = !address_taken;
    assign s_axil_wready  = !data_taken;
    assign in_valid       = write_due && write_legal && write_register == EVENT;

    always_comb begin
        write_legal = 1'b1;
        write_waits = 1'b0;
        case (write_register)
            SOFT_RESET: write_legal = whole;
            EVENT: begin
                write_legal = whole && (write_data[31] ? write_data[30:28] <= MARK : write_data[15:0] < AXONS[15:0]);
                write_waits = !in_ready;
            end
            PORT_SELECT, PORT_ADDRESS: write_waits = read_asks;  // the answer in the next cycle is from the core that was asked
            PORT_DATA: begin
                write_legal = whole && place_exists;
                write_waits = !port_ready || read_asks;
            end
            COUNTER_SELECT: ;
            default: write_legal = 1'b0;
        endcase
    end

    always_ff @(posedge clk) begin
        if (s_axil_awvalid && s_axil_awready) write_register <= s_axil_awaddr[11:2];
        if (s_axil_wvalid && s_axil_wready) begin
            write_data <= s_axil_wdata;
            strobe     <= s_axil_wstrb;
        end
        if (write_done) s_axil_bresp <= write_legal ? OKAY : SLVERR;
    end

    always_ff @(posedge clk) begin
        if (reset) begin
            address_taken  <= 1'b0;
            data_taken     <= 1'b0;
            s_axil_bvalid  <= 1'b0;
            soft_reset     <= 1'b0;
            core           <= '0;
            memory         <= '0;
            axon           <= '0;
            neuron         <= '0;
            counter_select <= '0;
        end else begin
            address_taken <= address_taken ? !write_done : s_axil_awvalid;
            data_taken    <= data_taken ? !write_done : s_axil_wvalid;
            s_axil_bvalid <= write_done || (s_axil_bvalid && !s_axil_bready);
            soft_reset    <= write_takes && write_register == SOFT_RESET && write_data[0];
            if (write_takes && write_register == PORT_SELECT) begin
                if (strobe[0]) memory <= write_data[1:0];
                if (strobe[1]) core   <= write_data[15:8];
            end
            if (write_takes && write_register == PORT_ADDRESS) begin
                if (strobe[0]) neuron[7:0]  <= write_data[7:0];
                if (strobe[1]) neuron[15:8] <= write_data[15:8];
                if (strobe[2]) axon[7:0]    <= write_data[23:16];
                if (strobe[3]) axon[15:8]   <= write_data[31:24];
            end
            if (write_takes && write_register == COUNTER_SELECT && strobe[0]) counter_select <= write_data[2:0];
        end
    end

    // Reads. A memory is asked in one cycle and answers in the next.
    logic        read_taken, read_asked, read_legal, read_waits;
    logic [9:0]  read_register;
    logic [31:0] read_data;
    wire         read_due  = read_taken && (!s_axil_rvalid || s_axil_rready);
    wire         read_done = read_due && !(read_legal && read_waits);

    assign s_axil_arready = !read_taken;
    assign read_asks      = read_due && read_register == PORT_DATA && place_exists && port_ready && !read_asked;
    assign word_taken     = read_done && read_register == SPIKE;
    assign port_write     = write_takes && write_register == PORT_DATA;
    assign port_enable    = port_write || read_asks;

    always_comb begin
        read_legal = 1'b1;
        read_waits = 1'b0;
        read_data  = '0;
        case (read_register)
            IDENTIFICATION: read_data = {8'h53, 8'd1, 8'(CORES), 8'(STATE_BITS)};
            SIZES: begin
                read_legal = core_exists;
                read_data  = {axons, neurons};
            end
            STATUS:       read_data = {level, 12'd0, port_ready, in_ready, !out_ready, word_valid};
            SPIKE:        read_data = word_valid ? {word[WORD_BITS-1:16], 7'd0, 1'b1, word[15:0]} : '0;
            PORT_SELECT:  read_data = {16'd0, core, 6'd0, memory};
            PORT_ADDRESS: read_data = {axon, neuron};
            PORT_DATA: begin
                read_legal = read_asked || (place_exists && (port_ready || out_ready));
                read_waits = !read_asked;
                read_data  = 32'(port_rdata);
            end
            COUNTER_SELECT: read_data = {29'd0, counter_select};
            COUNTER: begin
                read_legal = core_exists && counter_select != 3'd7;
                read_data  = 32'(counter);
            end
            default: read_legal = 1'b0;
        endcase
    end

    always_ff @(posedge clk) begin
        if (s_axil_arvalid && s_axil_arready) read_register <= s_axil_araddr[11:2];
        if (read_done) begin
            s_axil_rdata <= read_legal ? read_data : '0;
            s_axil_rresp <= read_legal ? OKAY : SLVERR;
        end
    end

    always_ff @(posedge clk) begin
        if (reset) begin
            read_taken    <= 1'b0;
            read_asked    <= 1'b0;
            s_axil_rvalid <= 1'b0;
        end else begin
            read_taken    <= read_taken ? !read_done : s_axil_arvalid;
            read_asked    <= read_asks;
            s_axil_rvalid <= read_done || (s_axil_rvalid && !s_axil_rready);
        end
    end
endmodule

`default_nettype wire
