# The web process and the sandbox worker of compose.yaml: one image, two commands.
# What runs students' code is another image: sandbox/image/Dockerfile.

FROM node:24-slim AS page
WORKDIR /page
COPY tutor/classroom/package.json tutor/classroom/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tutor/classroom ./
RUN npm run build

FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/tutor
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY manage.py pyproject.toml ./
COPY courses courses
COPY sandbox sandbox
COPY tutor tutor
COPY --from=page /page/dist tutor/classroom/dist
# Not the uid of students' programs (sandbox/image/Dockerfile).
RUN useradd --system --no-create-home --uid 10002 tutor \
    && install -d -o tutor -g tutor /srv/data /run/engine
ENV DATA_DIR=/srv/data
USER tutor
EXPOSE 8000
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
