FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN useradd --create-home secondlook && mkdir -p /data /usr/local/kernels && chown secondlook /data /usr/local/kernels
USER secondlook
ENV SECONDLOOK_DATA_DIR=/data
RUN python -m config.kernels
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--config", "config/gunicorn.py", "--bind", "0.0.0.0:8000"]
