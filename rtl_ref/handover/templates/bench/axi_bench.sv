// Plays the words of vectors/ to the peripheral, whose memories begin as memories/ says: words in
// and out by AXI-Stream, potentials and counters by its registers. Checks every word that leaves
// the chain, with tlast, the potentials after each sample, and the counters.
//
// +slow: the receiver is ready in one cycle of four only. The answers are the same.
`default_nettype none

module axi_bench;
    `include "network.svh"
    import snn_registers::*;

    localparam [7:0]  POTENTIALS = 8'd1;           // of PORT_SELECT
    localparam [31:0] STREAM_OUT = 32'd1, ADVANCE = 32'd2;  // of CONTROL
    localparam int    SHOWN = 20;                  // faults that are printed
    localparam int    MOST_WRONG = 1000;           // faults after which it ends
    localparam int    LAST  = CORES - 1;
    localparam int    OUT_WORDS = int'(LEFT[32*LAST +: 32]);
    localparam bit [7:0] TENS = 8'(48 + CORES / 10), ONES = 8'(48 + CORES % 10);

    // What is sent, and what must come of it.
    logic [31:0]             words         [WORDS];
    logic [31:0]             words_starts  [SAMPLES+1];
    logic [31:0]             left          [OUT_WORDS];
    logic [31:0]             left_starts   [SAMPLES+1];
    logic [STATE_BITS-1:0]   initial_state [ALL_NEURONS];
    logic [STATE_BITS-1:0]   potentials    [SAMPLES*ALL_NEURONS];
    logic [COUNTER_BITS-1:0] counters      [SAMPLES*CORES*COUNTERS];

    // The peripheral.
    logic        aclk = 1'b0, aresetn = 1'b0;
    logic [11:0] s_axi_awaddr = '0, s_axi_araddr = '0;
    logic        s_axi_awvalid = 1'b0, s_axi_wvalid = 1'b0, s_axi_bready = 1'b0;
    logic        s_axi_arvalid = 1'b0, s_axi_rready = 1'b0;
    logic [31:0] s_axi_wdata = '0, s_axis_tdata = '0;
    logic        s_axis_tvalid = 1'b0, m_axis_tready = 1'b0;
    wire         s_axi_awready, s_axi_wready, s_axi_bvalid, s_axi_arready, s_axi_rvalid;
    wire         s_axis_tready, m_axis_tlast, m_axis_tvalid, interrupt;
    wire [1:0]   s_axi_bresp, s_axi_rresp;
    wire [31:0]  s_axi_rdata, m_axis_tdata;

    network_axi #(.IMAGE("memories/")) peripheral (
        .aclk(aclk), .aresetn(aresetn),
        .s_axi_awaddr(s_axi_awaddr), .s_axi_awprot(3'd0), .s_axi_awvalid(s_axi_awvalid),
        .s_axi_awready(s_axi_awready), .s_axi_wdata(s_axi_wdata), .s_axi_wstrb(4'hF),
        .s_axi_wvalid(s_axi_wvalid), .s_axi_wready(s_axi_wready), .s_axi_bresp(s_axi_bresp),
        .s_axi_bvalid(s_axi_bvalid), .s_axi_bready(s_axi_bready),
        .s_axi_araddr(s_axi_araddr), .s_axi_arprot(3'd0), .s_axi_arvalid(s_axi_arvalid),
        .s_axi_arready(s_axi_arready), .s_axi_rdata(s_axi_rdata), .s_axi_rresp(s_axi_rresp),
        .s_axi_rvalid(s_axi_rvalid), .s_axi_rready(s_axi_rready),
        .s_axis_tdata(s_axis_tdata), .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready),
        .m_axis_tdata(m_axis_tdata), .m_axis_tlast(m_axis_tlast), .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready), .irq(interrupt));

    always #5 aclk = !aclk;

    // What was seen.
    int wrong = 0;              // of all kinds
    int words_wrong = 0;
    int values_wrong = 0;       // potentials, counters, and answers of the bus
    int waited = 0;             // cycles in which nothing was handed over
    int taken = 0;              // words that have left
    int receiver = 0;
    logic slow = 1'b0;

    initial begin
        $readmemh("vectors/words.hex", words, 0, WORDS - 1);
        $readmemh("vectors/words_starts.hex", words_starts, 0, SAMPLES);
        $readmemh("vectors/potentials.hex", potentials, 0, SAMPLES * ALL_NEURONS - 1);
        $readmemh("vectors/counters.hex", counters, 0, SAMPLES * CORES * COUNTERS - 1);
        $readmemh({"vectors/core", TENS, ONES, "_left.hex"}, left, 0, OUT_WORDS - 1);
        $readmemh({"vectors/core", TENS, ONES, "_left_starts.hex"}, left_starts, 0, SAMPLES);
    end

    function automatic int offset(input bit [CORES*32-1:0] sizes, input int k);
        int sum;
        sum = 0;
        for (int i = 0; i < k; i++) sum = sum + int'(sizes[32*i +: 32]);
        return sum;
    endfunction

    generate
        for (genvar k = 0; k < CORES; k++) begin : g_core
            localparam bit [7:0] CORE_TENS = 8'(48 + (k + 1) / 10);
            localparam bit [7:0] CORE_ONES = 8'(48 + (k + 1) % 10);
            localparam int FIRST = offset(NEURONS, k);
            initial $readmemh({"memories/core", CORE_TENS, CORE_ONES, "_potentials.hex"},
                              initial_state, FIRST, FIRST + int'(NEURONS[32*k +: 32]) - 1);
        end
    endgenerate

    // The words that leave; a packet ends in a tick.
    always @(posedge aclk) if (aresetn && m_axis_tvalid && m_axis_tready) begin : b_word
        reg [31:0] expected;
        expected = left[taken < OUT_WORDS ? taken : 0];
        if (taken >= OUT_WORDS || m_axis_tdata !== expected || m_axis_tlast !== expected[31]) begin
            words_wrong = words_wrong + 1;
            fault();
            if (wrong <= SHOWN)
                $display("word %0d: got %h, last %b, expected %h", taken, m_axis_tdata,
                         m_axis_tlast, taken < OUT_WORDS ? expected : 32'hx);
        end
        taken  = taken + 1;
        waited = 0;
    end

    always @(negedge aclk) begin
        receiver      = (receiver + 1) % 4;
        m_axis_tready = !slow || receiver == 0;
        waited        = waited + 1;
        if (waited > PATIENCE) begin
            $display("nothing moves: %0d words have left, %0d are expected", taken, OUT_WORDS);
            wrong = wrong + 1;
            verdict();
        end
    end

    task automatic fault;
        wrong = wrong + 1;
        if (wrong == MOST_WRONG) verdict();
    endtask

    task automatic check(input int sample, input int core, input int number,
                         input logic [31:0] got, input logic [31:0] expected);
        if (got !== expected) begin
            values_wrong = values_wrong + 1;
            fault();
            if (wrong <= SHOWN)
                $display("sample %0d, core %0d, value %0d: got %h, expected %h", sample, core + 1,
                         number, got, expected);
        end
    endtask

    // One access of the bus; the number of a register is that of its word.
    task automatic write(input logic [9:0] number, input logic [31:0] value);
        logic address_taken, data_taken, answered;
        s_axi_awaddr  = {number, 2'b00};
        s_axi_wdata   = value;
        s_axi_awvalid = 1'b1;
        s_axi_wvalid  = 1'b1;
        s_axi_bready  = 1'b1;
        answered      = 1'b0;
        while (!answered) begin
            #1;
            address_taken = s_axi_awvalid && s_axi_awready;
            data_taken    = s_axi_wvalid && s_axi_wready;
            answered      = s_axi_bvalid;
            if (answered) check(-1, -1, int'(number), {30'd0, s_axi_bresp}, 32'd0);
            @(negedge aclk);
            if (address_taken) s_axi_awvalid = 1'b0;
            if (data_taken) s_axi_wvalid = 1'b0;
        end
        s_axi_bready = 1'b0;
        waited       = 0;
    endtask

    task automatic read(input logic [9:0] number, output logic [31:0] value);
        logic address_taken, answered;
        s_axi_araddr  = {number, 2'b00};
        s_axi_arvalid = 1'b1;
        s_axi_rready  = 1'b1;
        answered      = 1'b0;
        while (!answered) begin
            #1;
            address_taken = s_axi_arvalid && s_axi_arready;
            answered      = s_axi_rvalid;
            value         = s_axi_rdata;
            if (answered) check(-1, -1, int'(number), {30'd0, s_axi_rresp}, 32'd0);
            @(negedge aclk);
            if (address_taken) s_axi_arvalid = 1'b0;
        end
        s_axi_rready = 1'b0;
        waited       = 0;
    endtask

    task automatic select(input int core);
        write(PORT_SELECT, {16'd0, 8'(core), POTENTIALS});
        write(PORT_ADDRESS, 32'd0);
    endtask

    // Write the initial potentials of all cores, which rest.
    task automatic restart;
        int i;
        i = 0;
        for (int k = 0; k < CORES; k++) begin
            select(k);
            for (int n = 0; n < int'(NEURONS[32*k +: 32]); n++) begin
                write(PORT_DATA, 32'($signed(initial_state[i])));
                i = i + 1;
            end
        end
    endtask

    task automatic send(input logic [31:0] word);
        logic accepted;
        s_axis_tdata  = word;
        s_axis_tvalid = 1'b1;
        accepted      = 1'b0;
        while (!accepted) begin
            #1;
            accepted = s_axis_tready;
            @(negedge aclk);
        end
        s_axis_tvalid = 1'b0;
        waited        = 0;
    endtask

    // Until all words of the sample have left, and all cores rest.
    task automatic finish(input int sample);
        logic [31:0] status;
        while (taken < int'(left_starts[sample+1])) @(negedge aclk);
        for (int k = 0; k < CORES; k++) begin
            select(k);
            status = '0;
            while (!status[3]) read(STATUS, status);
        end
    endtask

    task automatic check_sample(input int sample);
        logic [31:0] got;
        int i;
        i = sample * ALL_NEURONS;
        for (int k = 0; k < CORES; k++) begin
            select(k);
            for (int n = 0; n < int'(NEURONS[32*k +: 32]); n++) begin
                read(PORT_DATA, got);
                check(sample, k, n, got, 32'($signed(potentials[i])));
                i = i + 1;
            end
            for (int c = 0; c < COUNTERS; c++) begin
                write(COUNTER_SELECT, 32'(c));
                read(COUNTER, got);
                if (PREDICTED[c])
                    check(sample, k, c, got, 32'(counters[(sample * CORES + k) * COUNTERS + c]));
            end
        end
    endtask

    task automatic verdict;
        $display("%0d samples, %0d words in, %0d words out, %0d potentials, %0d counters", SAMPLES,
                 WORDS, OUT_WORDS, SAMPLES * ALL_NEURONS,
                 SAMPLES * CORES * $countones(PREDICTED));
        if (wrong == 0) begin
            $display("PASS");
            $finish;
        end else begin
            $display("FAIL: %0d words, %0d other values are wrong", words_wrong, values_wrong);
            $fatal(1, "FAIL");
        end
    endtask

    initial begin
        logic [31:0] found;
        slow = $test$plusargs("slow") != 0;
        repeat (3) @(negedge aclk);
        aresetn = 1'b1;
        @(negedge aclk);
        read(IDENTIFICATION, found);
        check(-1, -1, 0, found, {8'h53, VERSION, 8'(CORES), 8'(STATE_BITS)});
        write(CONTROL, STREAM_OUT | ADVANCE);
        for (int s = 0; s < SAMPLES; s++) begin
            restart();
            for (int i = int'(words_starts[s]); i < int'(words_starts[s+1]); i++) send(words[i]);
            finish(s);
            check_sample(s);
        end
        if (taken != OUT_WORDS) begin
            words_wrong = words_wrong + 1;
            wrong       = wrong + 1;
        end
        verdict();
    end
endmodule

`default_nettype wire
