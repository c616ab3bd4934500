namespace Graft.Text.Tokenisers;

/// <summary>What a file of SentencePiece holds: the pieces with their scores, the kind of model, the table of replacements.</summary>
/// <remarks><c>sentencepiece_model.proto</c>; the fields that matter here are read and the others passed over.</remarks>
internal sealed class SentencePieceFile
{
    private const int Unigram = 1, BytePair = 2;

    private int kind = Unigram;

    public SentencePieceFile(ReadOnlySpan<byte> bytes, string path)
    {
        Path = path;
        var message = new ProtocolReader(bytes);
        while (message.Next())
            switch (message.Field)
            {
                case 1: ReadPiece(message.Bytes); break;
                case 2: ReadTrainer(message.Bytes); break;
                case 3: ReadNormaliser(message.Bytes); break;
            }
        Require(message);
        if (Pieces.Count == 0) throw new CheckpointException(path, "holds no pieces: it is no file of SentencePiece");
        if (UnknownId < 0 || UnknownId >= Pieces.Count) throw new CheckpointException(path, $"says that piece {UnknownId} is the unknown one, and holds {Pieces.Count}");
        if (kind is not (Unigram or BytePair)) throw new CheckpointException(path, $"is a model of kind {kind}; known are unigram ({Unigram}) and BPE ({BytePair})");
    }

    public string Path { get; }

    public List<(string Piece, float Score)> Pieces { get; } = [];

    public bool IsBytePair => kind == BytePair;

    public bool FallsBackToBytes { get; private set; }

    public int UnknownId { get; private set; }

    /// <summary>The table of replacements; empty for none.</summary>
    public byte[] CharsMap { get; private set; } = [];

    private void ReadPiece(ReadOnlySpan<byte> bytes)
    {
        var message = new ProtocolReader(bytes);
        string piece = "";
        float score = 0;
        while (message.Next())
            switch (message.Field)
            {
                case 1: piece = FolderFiles.TextOf(message.Bytes, Path); break;
                case 2: score = message.Single; break;
            }
        Require(message);
        if (!float.IsFinite(score)) throw new CheckpointException(Path, $"the score of piece {Pieces.Count} is {score}");
        Pieces.Add((piece, score));
    }

    private void ReadTrainer(ReadOnlySpan<byte> bytes)
    {
        var message = new ProtocolReader(bytes);
        while (message.Next())
            switch (message.Field)
            {
                case 3: kind = message.Integer; break;
                case 24 when message.Number != 0: throw new CheckpointException(Path, "takes white space for the end of a word, which is not known here");
                case 35: FallsBackToBytes = message.Number != 0; break;
                case 40: UnknownId = message.Integer; break;
            }
        Require(message);
    }

    private void ReadNormaliser(ReadOnlySpan<byte> bytes)
    {
        var message = new ProtocolReader(bytes);
        while (message.Next())
            if (message.Field == 2) CharsMap = message.Bytes.ToArray();
        Require(message);
    }

    private void Require(in ProtocolReader message)
    {
        if (message.IsDamaged) throw new CheckpointException(Path, "is damaged, or no file of SentencePiece");
    }
}
