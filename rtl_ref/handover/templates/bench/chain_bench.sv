// Plays the words of vectors/ to the chain, whose memories begin as memories/ says, and checks
// every word that leaves each core, the potentials after each sample, and the counters.
//
// +slow: the receiver is ready in one cycle of four only. The answers are the same.
`default_nettype none

module chain_bench;
    `include "network.svh"

    localparam int CORE_BITS = CORES > 1 ? $clog2(CORES) : 1;
    localparam [1:0] POTENTIALS = 2'd1;  // of port_select
    localparam int   SHOWN = 20;         // faults that are printed
    localparam int   MOST_WRONG = 1000; // faults after which it ends

    // What is sent, and what must come of it.
    logic [31:0]             words         [WORDS];
    logic [31:0]             words_starts  [SAMPLES+1];
    logic [31:0]             left          [ALL_LEFT];
    logic [31:0]             left_starts   [CORES*(SAMPLES+1)];
    logic [STATE_BITS-1:0]   initial_state [ALL_NEURONS];
    logic [STATE_BITS-1:0]   potentials    [SAMPLES*ALL_NEURONS];
    logic [COUNTER_BITS-1:0] counters      [SAMPLES*CORES*COUNTERS];

    // The chain.
    logic                    clk = 1'b0, reset = 1'b1;
    logic                    in_valid = 1'b0, in_tick = 1'b0;
    logic [2:0]              in_kind = '0;
    logic [3:0]              in_target = '0;
    logic [15:0]             in_axon = '0;
    logic                    out_ready = 1'b1;
    logic                    port_enable = 1'b0, port_write = 1'b0;
    logic [CORE_BITS-1:0]    port_core = '0;
    logic [1:0]              port_select = POTENTIALS;
    logic [31:0]             port_address = '0;
    logic [STATE_BITS-1:0]   port_wdata = '0;
    logic [2:0]              counter_select = '0;
    wire                     in_ready, out_valid, out_tick, port_ready, port_refused, port_rvalid;
    wire                     counter_wrapped;
    wire [2:0]               out_kind;
    wire [3:0]               out_target;
    wire [15:0]              out_neuron;
    wire [STATE_BITS-1:0]    port_rdata;
    wire [COUNTER_BITS-1:0]  counter;
    wire [CORES-1:0]         link_valid, link_ready, link_tick;
    wire [CORES*16-1:0]      link_neuron;

    network_chain #(.IMAGE("memories/")) chain (
        .clk(clk), .reset(reset),
        .in_valid(in_valid), .in_ready(in_ready), .in_tick(in_tick), .in_kind(in_kind),
        .in_target(in_target), .in_axon(in_axon),
        .out_valid(out_valid), .out_ready(out_ready), .out_tick(out_tick), .out_kind(out_kind),
        .out_target(out_target), .out_neuron(out_neuron),
        .port_enable(port_enable), .port_ready(port_ready), .port_refused(port_refused),
        .port_core(port_core), .port_write(port_write), .port_select(port_select),
        .port_address(port_address), .port_wdata(port_wdata), .port_rvalid(port_rvalid),
        .port_rdata(port_rdata), .counter_select(counter_select), .counter(counter),
        .counter_wrapped(counter_wrapped),
        .link_valid(link_valid), .link_ready(link_ready), .link_tick(link_tick),
        .link_neuron(link_neuron));

    always #5 clk = !clk;

    // What was seen.
    int wrong = 0;              // of all kinds
    int words_wrong = 0;
    int potentials_wrong = 0;
    int counters_wrong = 0;
    int waited = 0;             // cycles without a word that enters or leaves
    int taken [CORES];          // words that have left each core
    int receiver = 0;
    logic slow = 1'b0;

    initial begin
        $readmemh("vectors/words.hex", words, 0, WORDS - 1);
        $readmemh("vectors/words_starts.hex", words_starts, 0, SAMPLES);
        $readmemh("vectors/potentials.hex", potentials, 0, SAMPLES * ALL_NEURONS - 1);
        $readmemh("vectors/counters.hex", counters, 0, SAMPLES * CORES * COUNTERS - 1);
    end

    // Entries of the cores before core k, in a packed list of 32 bits per core.
    function automatic int offset(input bit [CORES*32-1:0] sizes, input int k);
        int sum;
        sum = 0;
        for (int i = 0; i < k; i++) sum = sum + int'(sizes[32*i +: 32]);
        return sum;
    endfunction

    generate
        for (genvar k = 0; k < CORES; k++) begin : g_core
            localparam bit [7:0] TENS = 8'(48 + (k + 1) / 10), ONES = 8'(48 + (k + 1) % 10);
            localparam int LEFT_FIRST    = offset(LEFT, k);
            localparam int LEFT_COUNT    = int'(LEFT[32*k +: 32]);
            localparam int STARTS_FIRST  = k * (SAMPLES + 1);
            localparam int NEURONS_FIRST = offset(NEURONS, k);
            localparam int NEURONS_COUNT = int'(NEURONS[32*k +: 32]);

            initial begin
                taken[k] = 0;
                $readmemh({"vectors/core", TENS, ONES, "_left.hex"}, left,
                          LEFT_FIRST, LEFT_FIRST + LEFT_COUNT - 1);
                $readmemh({"vectors/core", TENS, ONES, "_left_starts.hex"}, left_starts,
                          STARTS_FIRST, STARTS_FIRST + SAMPLES);
                $readmemh({"memories/core", TENS, ONES, "_potentials.hex"}, initial_state,
                          NEURONS_FIRST, NEURONS_FIRST + NEURONS_COUNT - 1);
            end

            // Between cores tick and neuron are looked at; of what leaves the chain, all.
            always @(posedge clk) if (!reset && link_valid[k] && link_ready[k]) begin : b_word
                reg [31:0] expected, got;
                expected = left[LEFT_FIRST + (taken[k] < LEFT_COUNT ? taken[k] : 0)];
                got      = {link_tick[k], expected[30:17], 1'b1,
                            link_tick[k] ? 16'd0 : link_neuron[16*k +: 16]};
                if (k == CORES - 1) got[30:24] = link_tick[k] ? {out_kind, out_target} : 7'd0;
                if (taken[k] >= LEFT_COUNT || got !== expected) begin
                    words_wrong = words_wrong + 1;
                    fault();
                    if (wrong <= SHOWN)
                        $display("core %0d, word %0d: got %h, expected %h", k + 1, taken[k], got,
                                 taken[k] < LEFT_COUNT ? expected : 32'hx);
                end
                taken[k] = taken[k] + 1;
                waited   = 0;
            end
        end
    endgenerate

    // The receiver, and the patience: a chain that hangs is a fault.
    always @(negedge clk) begin
        receiver  = (receiver + 1) % 4;
        out_ready = !slow || receiver == 0;
        waited    = in_valid && in_ready ? 0 : waited + 1;
        if (waited > PATIENCE) begin
            $display("nothing moves: %0d words of the last core have left, %0d are expected",
                     taken[CORES-1], LEFT[32*(CORES-1) +: 32]);
            fault();
            verdict();
        end
    end

    task automatic fault;
        wrong = wrong + 1;
        if (wrong == MOST_WRONG) verdict();
    endtask

    task automatic send(input logic [31:0] word);
        in_tick   = word[31];
        in_kind   = word[30:28];
        in_target = word[27:24];
        in_axon   = word[15:0];
        in_valid  = 1'b1;
        while (!in_ready) @(negedge clk);
        @(negedge clk);
        in_valid  = 1'b0;
    endtask

    // Write the initial potentials of all cores, which rest.
    task automatic restart;
        int i;
        i = 0;
        port_write = 1'b1;
        for (int k = 0; k < CORES; k++) begin
            port_core = CORE_BITS'(k);
            for (int n = 0; n < int'(NEURONS[32*k +: 32]); n++) begin
                port_address = 32'(n);
                port_wdata   = initial_state[i];
                port_enable  = 1'b1;
                #1;
                while (!port_ready) begin
                    @(negedge clk);
                    #1;
                end
                @(negedge clk);
                port_enable  = 1'b0;
                i = i + 1;
            end
        end
        port_write = 1'b0;
    endtask

    // Until all words of the sample have left all cores, and a while in which no more may come.
    task automatic finish(input int sample);
        for (int k = 0; k < CORES; k++)
            while (taken[k] < int'(left_starts[k * (SAMPLES + 1) + sample + 1])) @(negedge clk);
        for (int k = 0; k < CORES; k++) begin
            port_core = CORE_BITS'(k);
            @(negedge clk);
            while (!port_ready) @(negedge clk);
        end
        repeat (10) @(negedge clk);
    endtask

    task automatic check_potentials(input int sample);
        int i;
        i = sample * ALL_NEURONS;
        for (int k = 0; k < CORES; k++) begin
            port_core = CORE_BITS'(k);
            for (int n = 0; n < int'(NEURONS[32*k +: 32]); n++) begin
                port_address = 32'(n);
                port_enable  = 1'b1;
                @(negedge clk);
                port_enable  = 1'b0;
                while (!port_rvalid) @(negedge clk);
                if (port_rdata !== potentials[i]) begin
                    potentials_wrong = potentials_wrong + 1;
                    fault();
                    if (wrong <= SHOWN)
                        $display("sample %0d, core %0d, potential %0d: got %h, expected %h",
                                 sample, k + 1, n, port_rdata, potentials[i]);
                end
                waited = 0;
                i = i + 1;
            end
        end
    endtask

    task automatic check_counters(input int sample);
        int i;
        i = sample * CORES * COUNTERS;
        for (int k = 0; k < CORES; k++) begin
            port_core = CORE_BITS'(k);
            for (int c = 0; c < COUNTERS; c++) begin
                counter_select = 3'(c);
                @(negedge clk);
                if (PREDICTED[c] && counter !== counters[i]) begin
                    counters_wrong = counters_wrong + 1;
                    fault();
                    if (wrong <= SHOWN)
                        $display("sample %0d, core %0d, counter %0d: got %0d, expected %0d",
                                 sample, k + 1, c, counter, counters[i]);
                end
                i = i + 1;
            end
        end
    endtask

    task automatic verdict;
        $display("%0d samples, %0d words in, %0d words out, %0d potentials, %0d counters",
                 SAMPLES, WORDS, ALL_LEFT, SAMPLES * ALL_NEURONS,
                 SAMPLES * CORES * $countones(PREDICTED));
        if (wrong == 0) begin
            $display("PASS");
            $finish;
        end else begin
            $display("FAIL: %0d words, %0d potentials, %0d counters are wrong",
                     words_wrong, potentials_wrong, counters_wrong);
            $fatal(1, "FAIL");
        end
    endtask

    initial begin
        slow = $test$plusargs("slow") != 0;
        repeat (3) @(negedge clk);
        reset = 1'b0;
        @(negedge clk);
        for (int s = 0; s < SAMPLES; s++) begin
            restart();
            for (int i = int'(words_starts[s]); i < int'(words_starts[s+1]); i++) send(words[i]);
            finish(s);
            check_potentials(s);
            check_counters(s);
        end
        for (int k = 0; k < CORES; k++)
            if (taken[k] != int'(LEFT[32*k +: 32])) begin
                words_wrong = words_wrong + 1;
                fault();
            end
        verdict();
    end
endmodule

`default_nettype wire
