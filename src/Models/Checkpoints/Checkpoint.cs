using System.Diagnostics.CodeAnalysis;

namespace Graft.Models;

/// <summary>A file of named tensors, opened: its headers have been read, tensors are read when they are asked for.</summary>
/// <remarks>
/// Read are safetensors files and their sharded folders, PyTorch's <c>.pt</c>, <c>.pth</c>, <c>.th</c>, <c>.ckpt</c> and
/// <c>.bin</c> in the zip format, in the legacy format before 1.6 and as TorchScript, NumPy's <c>.npy</c> and <c>.npz</c>, and word vectors
/// (word2vec's binary and text, GloVe's text: one tensor <c>weight</c>; <see cref="WordVectors"/> has the words). Pickles are interpreted against
/// a list of known names; nothing that a file contains is ever run, and a value that only Python could build is kept for display and never built.
/// <para>Keys of a pickle are the path through its nested dictionaries, joined by '.'. If the outermost dictionary has one
/// entry that holds tensors (<c>{"state_dict": {...}, "best_prec1": 91.7}</c>), or several of which one is called
/// <c>state_dict</c>, <c>model_state_dict</c> or <c>model</c>, the keys of that entry are given without its name. What else is
/// found beside the tensors (numbers, texts, lists of them) is the metadata.</para>
/// <para>A folder is opened by one rule, Hugging Face's order: <c>model.safetensors</c>, <c>model.safetensors.index.json</c>,
/// <c>pytorch_model.bin</c>, <c>pytorch_model.bin.index.json</c>; without these the only index of shards, then the only file that ends
/// like a checkpoint's and is neither a shard, an adapter nor a training state; then the only one of a registered format; then an adapter.
/// Several candidates are named and refused.</para>
/// </remarks>
public abstract class Checkpoint : IDisposable
{
    private readonly Dictionary<string, StoredTensor> byKey;

    /// <summary>For readers of further formats (<see cref="CheckpointFormat"/>).</summary>
    /// <param name="path">The file or folder, as it was given.</param>
    /// <param name="format">The format's name.</param>
    /// <param name="byteCount">The length of the file, or of all its parts.</param>
    /// <param name="metadata">What the file says beside its tensors.</param>
    /// <param name="tensors">The tensors, in the order of the file.</param>
    /// <param name="foreignNames">Names that it would call or refer to and that no checkpoint needs.</param>
    /// <exception cref="CheckpointException">Two tensors have one key.</exception>
    protected Checkpoint(
        string path, string format, long byteCount, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<StoredTensor> tensors,
        IReadOnlyList<string>? foreignNames = null)
    {
        Path = path;
        Format = format;
        ByteCount = byteCount;
        Metadata = metadata;
        Tensors = tensors;
        ForeignNames = foreignNames ?? [];
        byKey = new Dictionary<string, StoredTensor>(tensors.Count, StringComparer.Ordinal);
        foreach (var tensor in tensors)
            if (!byKey.TryAdd(tensor.Key, tensor))
                throw new CheckpointException(path, $"two tensors have the key '{Printable.Text(tensor.Key)}'");
    }

    /// <summary>The file or folder, as it was given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>The format found: <c>safetensors</c>, <c>safetensors-sharded</c>, <c>pytorch-zip</c>, <c>pytorch-legacy</c>,
    /// <c>pytorch-sharded</c>, <c>torchscript</c>, <c>npy</c>, <c>npz</c>, <c>word2vec-binary</c>, <c>word2vec-text</c>, <c>glove</c>, or the name
    /// of a registered <see cref="CheckpointFormat"/>.</summary>
    public string Format { get; }

    /// <summary>The length of the file, or of all its shards, in bytes.</summary>
    public long ByteCount { get; }

    /// <summary>What the file says beside its tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors, in the order of the file.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>The names of Python's that a pickle would call or refer to and that no checkpoint needs: classes, functions, whatever its
    /// writer kept beside the weights. They are listed for information; nothing of them was executed or built.</summary>
    public IReadOnlyList<string> ForeignNames { get; }

    /// <summary>Values that would be tensors made in a way that is not known.</summary>
    public virtual IReadOnlyList<UnknownTensor> UnknownTensors => [];

    /// <summary>The tensor with that key.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public StoredTensor this[string key] => byKey.TryGetValue(key, out var tensor)
        ? tensor
        : throw new KeyNotFoundException($"{Printable.Text(Path)} has no tensor '{Printable.Text(key)}'");

    /// <summary>Every file that tensors are read from.</summary>
    public virtual IEnumerable<string> SourceFiles => [Path];

    /// <summary>The same tensors under PyTorch's names and in its layouts, where the format has its own (Keras); elsewhere this checkpoint itself.
    /// Models are loaded from it. It is open as long as this one.</summary>
    public virtual Checkpoint InPyTorchLayout => this;

    /// <summary>Whether there is a tensor with that key.</summary>
    public bool Contains(string key) => byKey.ContainsKey(key);

    /// <summary>Finds the tensor with that key.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out StoredTensor? tensor) => byKey.TryGetValue(key, out tensor);

    /// <summary>Opens a checkpoint; its format is recognised by its content, not by its name.</summary>
    /// <param name="path">A file, or a folder that holds a (sharded) safetensors or PyTorch checkpoint.</param>
    /// <exception cref="CheckpointException">The file is missing, damaged, hostile or no checkpoint.</exception>
    public static Checkpoint Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return CheckpointFormats.Open(path);
    }

    /// <summary>Adds a format that <see cref="Open"/> then recognises: those of Graft.Onnx and Graft.Formats, or one of your own. A format that is
    /// registered already is left as it is.</summary>
    /// <param name="format">The format.</param>
    /// <remarks>Any number of threads may register and open at once.</remarks>
    public static void Register(CheckpointFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        CheckpointFormats.Register(format);
    }

    /// <summary>Opens a checkpoint of one file that is in memory: a resource within an assembly.</summary>
    /// <param name="name">What messages call it; its end says of what format it is.</param>
    /// <param name="resource">The bytes.</param>
    /// <exception cref="CheckpointException">The bytes are damaged, hostile or no checkpoint.</exception>
    public static Checkpoint OpenResource(string name, byte[] resource) => CheckpointFormats.Open(name, resource);

    /// <summary>Closes the file; its tensors can no longer be read.</summary>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what the tensors are read from.</summary>
    protected abstract void Close();
}
