// A chain of cores as an AXI4-Lite peripheral: a processor writes events and memories, and reads
// spikes, memories and counters. Words can come and go by AXI-Stream, too. The registers, of 32
// bits, are described in registers.py and in the manual.
//
// All that does not exist, does not fit, or is part of a word that is only taken whole, answers
// SLVERR and does nothing; so does a write that would wait for ever, because the output is full and
// nobody takes a word. A write of no byte does nothing.
//
// No word is lost: when the output queue is full, the cores wait. A processor that cannot read
// while its write waits looks at STATUS before it writes.
`default_nettype none

module axi_lite_peripheral #(
    parameter int CORES                  = 2,
    parameter bit [CORES*16-1:0] AXONS   = {16'd48, 16'd64},
    parameter bit [CORES*16-1:0] NEURONS = {16'd10, 16'd48},
    parameter int WEIGHT_BITS            = 8,
    parameter int STATE_BITS             = 24,  // at most 32
    parameter int CYCLES_PER_SOP         = 2,
    parameter bit EVENT_RULE             = 1'b0,
    parameter int QUEUE_DEPTH            = 16,
    parameter int COUNTER_BITS           = 32,  // at most 32
    parameter     IMAGE                  = "",  // as of snn_top
    parameter int OUTPUT_DEPTH           = 16,  // of the output queue: a power of two
    parameter int PATIENCE_BITS          = 8    // at a full output a write waits 2^this cycles
) (
    input  wire         aclk,
    input  wire         aresetn,

    /* verilator lint_off UNUSEDSIGNAL */  // protection, and the byte within a word
    input  wire [11:0]  s_axi_awaddr,
    input  wire [2:0]   s_axi_awprot,
    input  wire         s_axi_awvalid,
    output logic        s_axi_awready,
    input  wire [31:0]  s_axi_wdata,
    input  wire [3:0]   s_axi_wstrb,
    input  wire         s_axi_wvalid,
    output logic        s_axi_wready,
    output logic [1:0]  s_axi_bresp,
    output logic        s_axi_bvalid,
    input  wire         s_axi_bready,

    input  wire [11:0]  s_axi_araddr,
    input  wire [2:0]   s_axi_arprot,
    input  wire         s_axi_arvalid,
    output logic        s_axi_arready,
    output logic [31:0] s_axi_rdata,
    output logic [1:0]  s_axi_rresp,
    output logic        s_axi_rvalid,
    input  wire         s_axi_rready,

    // Words as a write of EVENT has them; what does not exist is taken and dropped.
    input  wire [31:0]  s_axis_tdata,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire         s_axis_tvalid,
    output logic        s_axis_tready,

    // Words as SPIKE has them, where CONTROL says so; a packet ends in a tick.
    output logic [31:0] m_axis_tdata,
    output logic        m_axis_tlast,
    output logic        m_axis_tvalid,
    input  wire         m_axis_tready,

    output logic        irq  // while a bit of STATUS is 1 that INTERRUPT_ENABLE names
);
    import snn_words::*;
    import snn_registers::*;

    law #(
        .HOLDS(STATE_BITS <= 32),
        .TEXT("axi_lite_peripheral: STATE_BITS must be at most 32, the width of a register")
    ) state_law ();
    law #(
        .HOLDS(COUNTER_BITS <= 32),
        .TEXT("axi_lite_peripheral: COUNTER_BITS must be at most 32, the width of a register")
    ) counter_law ();
    law #(
        .HOLDS(OUTPUT_DEPTH <= 32768),
        .TEXT("axi_lite_peripheral: OUTPUT_DEPTH must be at most 32768, STATUS tells it in 16 bits")
    ) output_law ();
    law #(
        .HOLDS(PATIENCE_BITS >= 1 && PATIENCE_BITS <= 32),
        .TEXT("axi_lite_peripheral: PATIENCE_BITS must be 1 to 32")
    ) patience_law ();

    localparam int CORE_BITS = CORES > 1 ? $clog2(CORES) : 1;
    localparam int WORD_BITS = 1 + KIND_BITS + TARGET_BITS + NUMBER_BITS;
    localparam logic [1:0] OKAY = 2'b00, SLVERR = 2'b10;
    wire clk   = aclk;
    wire reset = !aresetn;

    // What was selected, and whether it exists.
    logic [7:0]  core;
    logic [1:0]  memory;
    logic [15:0] axon, neuron;
    logic [2:0]  counter_select;
    logic        stream_out, advance, soft_reset;
    logic [4:0]  interrupt_enable;
    wire         core_exists  = core < 8'(CORES);
    wire [15:0]  axons        = core_exists ? AXONS[32'(core)*16 +: 16] : '0;
    wire [15:0]  neurons      = core_exists ? NEURONS[32'(core)*16 +: 16] : '0;
    wire         is_synapse   = memory == 2'd0;
    wire         place_exists = core_exists && neuron < neurons && (!is_synapse || axon < axons);

    // The chain and the queue of the words that leave it.
    logic                         in_valid, in_ready, port_enable, port_write, rests, port_rvalid;
    logic                         out_valid, out_ready, out_tick, word_valid, word_taken, wrapped;
    logic [KIND_BITS-1:0]         out_kind;
    logic [TARGET_BITS-1:0]       out_target;
    logic [NUMBER_BITS-1:0]       out_neuron;
    logic [WORD_BITS-1:0]         word;
    logic signed [STATE_BITS-1:0] port_rdata;
    logic [COUNTER_BITS-1:0]      counter;
    logic [31:0]                  write_data;
    /* verilator lint_off UNUSEDSIGNAL */
    logic [31:0]                  word_in;
    logic                         port_refused;  // all that is refused is refused here, before
    logic [CORES-1:0]             link_valid, link_ready, link_tick;
    logic [CORES*NUMBER_BITS-1:0] link_neuron;
    /* verilator lint_on UNUSEDSIGNAL */
    wire                          chain_reset = reset || soft_reset;
    wire                          port_ready  = rests && core_exists;

    snn_top #(
        .CORES(CORES), .AXONS(AXONS), .NEURONS(NEURONS), .WEIGHT_BITS(WEIGHT_BITS),
        .STATE_BITS(STATE_BITS), .CYCLES_PER_SOP(CYCLES_PER_SOP), .EVENT_RULE(EVENT_RULE),
        .QUEUE_DEPTH(QUEUE_DEPTH), .COUNTER_BITS(COUNTER_BITS), .IMAGE(IMAGE)
    ) chain (
        .clk, .reset(chain_reset),
        .in_valid, .in_ready, .in_tick(word_in[31]), .in_kind(word_in[30:28]),
        .in_target(word_in[27:24]), .in_axon(word_in[15:0]),
        .out_valid, .out_ready, .out_tick, .out_kind, .out_target, .out_neuron,
        .port_enable, .port_ready(rests), .port_refused, .port_core(core[CORE_BITS-1:0]),
        .port_write, .port_select(memory), .port_address({axon, neuron}),
        .port_wdata(write_data[STATE_BITS-1:0]), .port_rvalid, .port_rdata,
        .counter_select, .counter, .counter_wrapped(wrapped),
        .link_valid, .link_ready, .link_tick, .link_neuron);

    event_queue #(.WIDTH(WORD_BITS), .DEPTH(OUTPUT_DEPTH)) output_queue (
        .clk, .reset(chain_reset), .in_valid(out_valid), .in_ready(out_ready),
        .in_word({out_tick, out_kind, out_target, out_tick ? 16'd0 : out_neuron}),
        .out_valid(word_valid), .out_ready(word_taken), .out_word(word));

    logic [15:0] level;
    wire enters = out_valid && out_ready;
    wire leaves = word_valid && word_taken;
    always_ff @(posedge clk) level <= chain_reset ? '0 : level + 16'(enters) - 16'(leaves);

    wire [31:0] word_shown = {word[WORD_BITS-1:16], 7'd0, 1'b1, word[15:0]};
    wire [4:0]  status     = {wrapped && core_exists, port_ready, in_ready, !out_ready, word_valid};
    always_ff @(posedge clk) irq <= !reset && (status & interrupt_enable) != '0;

    // Writes: address and data come in any order; both are kept until the response can be given.
    logic       address_taken, data_taken, write_legal, write_waits;
    logic [9:0] write_register;
    logic [3:0] strobe;
    logic       read_asks, read_asked, read_advances;
    logic [PATIENCE_BITS-1:0] patience;
    wire        whole       = strobe == 4'b1111;
    wire        nothing     = strobe == 4'b0000;
    wire        gives_up    = patience == '1;
    wire        write_due   = address_taken && data_taken && (!s_axi_bvalid || s_axi_bready);
    wire        write_okay  = write_legal && !write_waits && !gives_up;
    wire        write_done  = write_due && (write_okay || !write_legal || gives_up);
    wire        write_takes = write_due && write_okay && !nothing;

    // The memory under the address is the one that was asked, until its answer is there.
    wire reading = read_asks || read_asked;

    // Whether the number fits: the bits above it repeat its sign.
    wire [32-WEIGHT_BITS:0] beyond_weight = write_data[31:WEIGHT_BITS-1];
    wire [32-STATE_BITS:0]  beyond_state  = write_data[31:STATE_BITS-1];
    wire weight_fits = beyond_weight == '0 || beyond_weight == '1;
    wire state_fits  = beyond_state == '0 || beyond_state == '1;
    wire value_fits  = is_synapse ? weight_fits : state_fits;
    wire word_exists = write_data[31] ? write_data[30:28] <= MARK : write_data[15:0] < AXONS[15:0];

    always_comb begin
        write_legal = 1'b1;
        write_waits = 1'b0;
        case (write_register)
            SOFT_RESET: write_legal = nothing || whole;
            EVENT: begin
                write_legal = nothing || (whole && word_exists);
                write_waits = !nothing && !in_ready;
            end
            PORT_DATA: begin
                write_legal = nothing || (whole && place_exists && value_fits);
                write_waits = !nothing && (!port_ready || reading);
            end
            PORT_SELECT, PORT_ADDRESS, CONTROL: write_waits = reading;
            COUNTER_SELECT, INTERRUPT_ENABLE: ;
            default: write_legal = 1'b0;
        endcase
    end

    // A write waits for a full output no longer than its patience.
    wire stuck = write_due && write_legal && write_waits && !out_ready && !write_done;
    always_ff @(posedge clk) patience <= stuck ? patience + 1'b1 : '0;

    // Words come from the register, else from the stream.
    wire event_due = write_due && write_legal && !nothing && !gives_up && write_register == EVENT;
    assign in_valid      = event_due || s_axis_tvalid;
    assign word_in       = event_due ? write_data : s_axis_tdata;
    assign s_axis_tready = in_ready && !event_due;

    assign s_axi_awready = !address_taken;
    assign s_axi_wready  = !data_taken;
    always_ff @(posedge clk) begin
        if (s_axi_awvalid && s_axi_awready) write_register <= s_axi_awaddr[11:2];
        if (s_axi_wvalid && s_axi_wready) begin
            write_data <= s_axi_wdata;
            strobe     <= s_axi_wstrb;
        end
        if (write_done) s_axi_bresp <= write_okay ? OKAY : SLVERR;
    end

    wire write_advances = write_takes && write_register == PORT_DATA;
    wire advances       = advance && (write_advances || read_advances);
    wire last_neuron    = neuron == neurons - 16'd1;

    always_ff @(posedge clk) begin
        if (reset) begin
            address_taken    <= 1'b0;
            data_taken       <= 1'b0;
            s_axi_bvalid     <= 1'b0;
            soft_reset       <= 1'b0;
            core             <= '0;
            memory           <= '0;
            axon             <= '0;
            neuron           <= '0;
            counter_select   <= '0;
            stream_out       <= 1'b0;
            advance          <= 1'b0;
            interrupt_enable <= '0;
        end else begin
            address_taken <= address_taken ? !write_done : s_axi_awvalid;
            data_taken    <= data_taken ? !write_done : s_axi_wvalid;
            s_axi_bvalid  <= write_done || (s_axi_bvalid && !s_axi_bready);
            soft_reset    <= write_takes && write_register == SOFT_RESET && write_data[0];

            if (advances) begin
                neuron <= last_neuron ? '0 : neuron + 16'd1;
                if (last_neuron) axon <= axon + 16'd1;
            end

            if (write_takes) begin
                case (write_register)
                    PORT_SELECT: begin
                        if (strobe[0]) memory <= write_data[1:0];
                        if (strobe[1]) core   <= write_data[15:8];
                    end
                    PORT_ADDRESS: begin
                        if (strobe[0]) neuron[7:0]  <= write_data[7:0];
                        if (strobe[1]) neuron[15:8] <= write_data[15:8];
                        if (strobe[2]) axon[7:0]    <= write_data[23:16];
                        if (strobe[3]) axon[15:8]   <= write_data[31:24];
                    end
                    COUNTER_SELECT:   if (strobe[0]) counter_select <= write_data[2:0];
                    CONTROL:          if (strobe[0]) {advance, stream_out} <= write_data[1:0];
                    INTERRUPT_ENABLE: if (strobe[0]) interrupt_enable <= write_data[4:0];
                    default: ;
                endcase
            end
        end
    end

    // Reads. A memory is asked in one cycle and answers later; nothing else asks it meanwhile.
    logic        read_taken, read_legal, read_waits;
    logic [9:0]  read_register;
    logic [31:0] read_data, refusals;
    wire         read_answers = read_asked && port_rvalid;
    wire         read_due     = read_taken && (!s_axi_rvalid || s_axi_rready);
    wire         read_done    = read_due && !(read_legal && read_waits);
    wire         spike_read   = read_done && read_register == SPIKE && !stream_out;
    wire         memory_read  = read_due && read_register == PORT_DATA && !read_asked;

    assign s_axi_arready = !read_taken;
    assign read_asks     = memory_read && place_exists && port_ready;
    assign read_advances = read_due && read_answers;
    assign port_write    = write_takes && write_register == PORT_DATA;
    assign port_enable   = port_write || read_asks;

    assign word_taken    = stream_out ? m_axis_tready : spike_read;
    assign m_axis_tvalid = stream_out && word_valid;
    assign m_axis_tdata  = word_shown;
    assign m_axis_tlast  = word_shown[31];

    always_comb begin
        read_legal = 1'b1;
        read_waits = 1'b0;
        read_data  = '0;
        case (read_register)
            IDENTIFICATION: read_data = {8'h53, VERSION, 8'(CORES), 8'(STATE_BITS)};
            SIZES: begin
                read_legal = core_exists;
                read_data  = {axons, neurons};
            end
            STATUS:       read_data = {level, 11'd0, status};
            SPIKE:        read_data = word_valid && !stream_out ? word_shown : '0;
            PORT_SELECT:  read_data = {16'd0, core, 6'd0, memory};
            PORT_ADDRESS: read_data = {axon, neuron};
            PORT_DATA: begin
                read_legal = read_asked || (place_exists && (port_ready || out_ready));
                read_waits = !read_answers;
                read_data  = 32'(port_rdata);
            end
            COUNTER_SELECT: read_data = {29'd0, counter_select};
            COUNTER: begin
                read_legal = core_exists;
                read_data  = 32'(counter);
            end
            CONTROL:          read_data = {30'd0, advance, stream_out};
            INTERRUPT_ENABLE: read_data = {27'd0, interrupt_enable};
            REFUSED:          read_data = refusals;
            default:          read_legal = 1'b0;
        endcase
    end

    always_ff @(posedge clk) begin
        if (s_axi_arvalid && s_axi_arready) read_register <= s_axi_araddr[11:2];
        if (read_done) begin
            s_axi_rdata <= read_legal ? read_data : '0;
            s_axi_rresp <= read_legal ? OKAY : SLVERR;
        end
    end

    always_ff @(posedge clk) begin
        if (reset) begin
            read_taken   <= 1'b0;
            read_asked   <= 1'b0;
            s_axi_rvalid <= 1'b0;
        end else begin
            read_taken   <= read_taken ? !read_done : s_axi_arvalid;
            read_asked   <= read_asks || (read_asked && !read_done);
            s_axi_rvalid <= read_done || (s_axi_rvalid && !s_axi_rready);
        end
    end

    // Accesses that were refused; the count stays at its end.
    wire [1:0]  refused_now = 2'(write_done && !write_okay) + 2'(read_done && !read_legal);
    wire [32:0] refused_all = 33'(refusals) + 33'(refused_now);
    always_ff @(posedge clk) begin
        if (chain_reset)          refusals <= '0;
        else if (refused_all[32]) refusals <= '1;
        else                      refusals <= refused_all[31:0];
    end
endmodule

`default_nettype wire
