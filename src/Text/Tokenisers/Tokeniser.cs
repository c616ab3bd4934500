using Graft.Text.Tokenisers;

namespace Graft.Text;

/// <summary>Makes the numbers of tokens out of text and text out of numbers, as Hugging Face's tokenisers do for the same files.</summary>
/// <remarks>It never changes: any number of threads may use it. Where a folder has <c>tokenizer.json</c> it agrees with tokenizers (Rust), else with
/// the tokenisers of transformers (Python) that read the same vocabulary.</remarks>
public sealed partial class Tokeniser
{
    private readonly Pipeline pipeline;
    private readonly TokeniserSettings settings;
    private readonly IReadOnlyList<(string Name, byte[] Bytes)> files;
    private readonly Dictionary<int, AddedToken> added = [];
    private readonly Dictionary<string, int> addedIds = new(StringComparer.Ordinal);
    private readonly string source;

    internal Tokeniser(Pipeline pipeline, TokeniserSettings settings, IReadOnlyList<(string Name, byte[] Bytes)> files, string source)
    {
        (this.pipeline, this.settings, this.files, this.source, ForTargets) = (pipeline, settings, files, source, this);
        int size = pipeline.Model.Vocabulary.Size;
        foreach (var token in pipeline.Added)
        {
            added[token.Id] = token;
            addedIds[token.Content] = token.Id;
            size = Math.Max(size, token.Id + 1);
        }
        VocabularySize = size;
        UnknownId = SpecialId("unk_token") ?? pipeline.Model.Unknown;
        (PaddingId, ClassId, SeparatorId, MaskId) = (SpecialId("pad_token"), SpecialId("cls_token"), SpecialId("sep_token"), SpecialId("mask_token"));
        (BeginId, EndId) = (SpecialId("bos_token"), SpecialId("eos_token"));
    }

    /// <summary>Reads the tokeniser of a model's folder.</summary>
    /// <param name="folder">The folder: <c>tokenizer.json</c>, or a vocabulary (<c>vocab.txt</c>; <c>vocab.json</c> and <c>merges.txt</c>, or <c>source.spm</c>;
    /// <c>spiece.model</c>, <c>sentencepiece.bpe.model</c>, <c>tokenizer.model</c>) with <c>tokenizer_config.json</c> and its like.</param>
    /// <exception cref="CheckpointException">There is none, or a file is damaged, contradicts another or asks for what is not known here.</exception>
    public static Tokeniser Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return TokeniserFolder.Open(folder);
    }

    /// <summary>Reads a tokeniser from the bytes of a <c>tokenizer.json</c>.</summary>
    /// <param name="json">The bytes, UTF-8.</param>
    /// <param name="name">What complaints call them.</param>
    /// <exception cref="CheckpointException">They are damaged or ask for what is not known here.</exception>
    public static Tokeniser Parse(ReadOnlyMemory<byte> json, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return TokeniserFolder.Parse(json, name);
    }

    /// <summary>What makes tokens of texts that are to be written: the tokeniser itself, or where a model has another for them that one (Marian's
    /// <c>target.spm</c>), with the same numbers.</summary>
    public Tokeniser ForTargets { get; private init; }

    /// <summary>The same with another for what is to be written.</summary>
    internal Tokeniser With(Tokeniser targets) => new(pipeline, settings, files, source) { ForTargets = targets };

    /// <summary>One more than the highest number of a token, added tokens included.</summary>
    public int VocabularySize { get; }

    /// <summary>The token that fills up short texts; null for none.</summary>
    public int? PaddingId { get; }

    /// <summary>The token for what is unknown; null for none.</summary>
    public int? UnknownId { get; }

    /// <summary>The token at the beginning whose features stand for the whole; null for none.</summary>
    public int? ClassId { get; }

    /// <summary>The token between texts; null for none.</summary>
    public int? SeparatorId { get; }

    /// <summary>The token in place of one that is to be guessed; null for none.</summary>
    public int? MaskId { get; }

    /// <summary>The token that begins a sequence; null for none.</summary>
    public int? BeginId { get; }

    /// <summary>The token that ends a sequence; null for none.</summary>
    public int? EndId { get; }

    /// <summary>The most tokens that the model takes; null where the files do not say.</summary>
    public int? MaximumLength => settings.MaximumLength;

    /// <summary>Whether padding goes before the text.</summary>
    public bool PadsLeft => settings.PadsLeft;

    /// <summary>Whether a text that is too long loses its beginning.</summary>
    public bool TruncatesLeft => settings.TruncatesLeft;

    /// <summary>Whether the model wants token types.</summary>
    public bool HasTokenTypes => settings.HasTokenTypes;

    /// <summary>The token of a number.</summary>
    /// <param name="id">The number, from 0 and below <see cref="VocabularySize"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">No token has it.</exception>
    public string TokenOf(int id) => Find(id) ?? throw new ArgumentOutOfRangeException(nameof(id), id, $"no token of the vocabulary of {VocabularySize} has this number");

    /// <summary>The number of a token; null where it is not in the vocabulary.</summary>
    /// <param name="token">The token as the vocabulary spells it.</param>
    public int? IdOf(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return addedIds.TryGetValue(token, out int id) ? id : pipeline.Model.Vocabulary.IdOf(token);
    }

    /// <summary>Whether a token is special: one that no text spells, such as the one that pads.</summary>
    /// <param name="id">Its number.</param>
    public bool IsSpecial(int id) => added.TryGetValue(id, out var token) && token.Special;

    /// <summary>Writes the files that it was read from, byte for byte, so that the folder is one as on the hub.</summary>
    /// <param name="folder">The folder; it is made where there is none.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Save(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        foreach (var (name, bytes) in files) AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(bytes));
    }

    /// <summary>Refuses a vocabulary that is larger than the table of embeddings.</summary>
    /// <param name="embeddingRows">The rows of that table.</param>
    /// <param name="configPath">Where they are stated, for the complaint.</param>
    /// <exception cref="CheckpointException">A token has no row.</exception>
    public void RequireVocabulary(int embeddingRows, string configPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(configPath);
        if (VocabularySize > embeddingRows)
            throw new CheckpointException(source, $"the vocabulary has {VocabularySize} tokens, and {Printable.Whole(configPath)} has embeddings for {embeddingRows}: "
                + "take the tokeniser that belongs to the model");
    }

    private string? Find(int id) => added.TryGetValue(id, out var token) ? token.Content : pipeline.Model.Vocabulary[id];

    private int? SpecialId(string name) => settings.Specials.TryGetValue(name, out string? token) ? IdOf(token) : null;
}
